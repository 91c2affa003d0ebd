# parts.cmake: what a part is besides its flash: CPU, RAM, family. docs/firmware.md has sources.
#
# cp_part(NAME FAMILY CPU RAM_ADDRESS RAM_SIZE [DEFINITION...])
#   FAMILY      CP_FAMILY_..., which family.h knows
#   RAM         one block of it that every member of the part's line has
macro(cp_part name family cpu ram_address ram_size)
  if(CP_PART STREQUAL "${name}")
    set(CP_FAMILY ${family})
    set(CP_CPU ${cpu})
    set(CP_RAM_ADDRESS ${ram_address})
    set(CP_RAM_SIZE ${ram_size})
    set(CP_PART_DEFINITIONS ${ARGN})
  endif()
endmacro()

# An uncorrectable word of flash raises an exception: CP_FIRMWARE_ECC_NMI or _FAULT.
cp_part(nrf51822    NRF51    cortex-m0     0x20000000 0x4000)
cp_part(nrf52840    NRF52    cortex-m4     0x20000000 0x40000)
cp_part(nrf5340-app NRF53    cortex-m33    0x20000000 0x80000)
cp_part(nrf9160     NRF91    cortex-m33    0x20000000 0x40000)
cp_part(stm32f103c8 STM32_F1 cortex-m3     0x20000000 0x5000)
cp_part(stm32f405rg STM32_F4 cortex-m4     0x20000000 0x20000)
cp_part(stm32l072cz STM32_L0 cortex-m0plus 0x20000000 0x5000)
cp_part(stm32l476rg STM32_L4 cortex-m4     0x20000000 0x18000 CP_FIRMWARE_ECC_NMI)
cp_part(stm32g071rb STM32_G0 cortex-m0plus 0x20000000 0x8000  CP_FIRMWARE_ECC_NMI)
cp_part(stm32g474re STM32_G4 cortex-m4     0x20000000 0x14000 CP_FIRMWARE_ECC_NMI)
cp_part(stm32wb55rg STM32_WB cortex-m4     0x20000000 0x30000 CP_FIRMWARE_ECC_NMI)
cp_part(stm32h743zi STM32_H7 cortex-m7     0x20000000 0x20000 CP_FIRMWARE_ECC_FAULT)
cp_part(stm32u585ai STM32_U5 cortex-m33    0x20000000 0x30000 CP_FIRMWARE_ECC_NMI)
cp_part(rp2040      RP2040   cortex-m0plus 0x20000000 0x40000)

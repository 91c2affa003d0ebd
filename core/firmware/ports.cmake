# ports.cmake: which files of core/port a board needs.
#
# Sets CP_PORT_SOURCES, from the controllers that layout.h names.

set(CP_PORT_SOURCES ${CP_ROOT}/core/port/mapped.c)

# cp_port(SOURCE CONTROLLER...): for a board that has one of these.
function(cp_port source)
  foreach(controller IN LISTS ARGN)
    cp_board_macro(${controller} is_there)
    if(is_there)
      list(APPEND CP_PORT_SOURCES ${CP_ROOT}/core/port/${source})
      set(CP_PORT_SOURCES ${CP_PORT_SOURCES} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

cp_port(nrf/nvmc.c CONTROLLER_NVMC)
cp_port(nrf/nvmc_ns.c CONTROLLER_NVMC_NS)
cp_port(nrf/rramc.c CONTROLLER_RRAMC)
cp_port(stm32/f0.c CONTROLLER_STM32_F0 CONTROLLER_STM32_F1_XL)
cp_port(stm32/f4.c CONTROLLER_STM32_F4 CONTROLLER_STM32_F7)
cp_port(stm32/l0.c CONTROLLER_STM32_L0 CONTROLLER_STM32_L1)
cp_port(stm32/l4.c CONTROLLER_STM32_L4 CONTROLLER_STM32_L5 CONTROLLER_STM32_G0
                   CONTROLLER_STM32_G4 CONTROLLER_STM32_WB CONTROLLER_STM32_WL)
cp_port(stm32/u5.c CONTROLLER_STM32_U5)
cp_port(stm32/h5.c CONTROLLER_STM32_H5)
cp_port(stm32/h7.c CONTROLLER_STM32_H7 CONTROLLER_STM32_H7A)
cp_port(rp2040/flash.c CONTROLLER_RP2040)
cp_port(nrf/spi.c CHIP_CONTROLLER_NRF_SPI)
cp_port(stm32/spi.c CHIP_CONTROLLER_STM32_SPI)
cp_port(spinor/spinor.c CHIP_CONTROLLER_NRF_SPI CHIP_CONTROLLER_STM32_SPI)

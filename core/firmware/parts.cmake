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

cp_part(nrf52840 NRF52 cortex-m4 0x20000000 0x40000)

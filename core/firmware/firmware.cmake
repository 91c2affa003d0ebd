# firmware.cmake: the bootloader and the demo applications of one board, for ARM.
#
# Included by the project's CMakeLists.txt when CP_BOARD names a directory of boards/, as the
# presets of CMakePresets.json do. Needs nothing but CMake, Ninja and arm-none-eabi-gcc.
#
# A product's own CMakeLists.txt includes it with CP_BOARD_DIR, which has layout.h and layout.ld,
# and without CP_BOARD: then there is the bootloader, and cp_application() for its program.
# examples/firmware is such a product.

get_filename_component(CP_ROOT ${CMAKE_CURRENT_LIST_DIR}/../.. ABSOLUTE)
if(CP_BOARD)
  set(CP_BOARD_DIR ${CP_ROOT}/boards/${CP_BOARD})
endif()
set(CP_FIRMWARE_DIR ${CP_ROOT}/core/firmware)
if(NOT EXISTS ${CP_BOARD_DIR}/layout.h OR NOT EXISTS ${CP_BOARD_DIR}/layout.ld)
  message(FATAL_ERROR "${CP_BOARD_DIR} has no layout.h or layout.ld: "
                      "`cutproof layout` makes them of a scenario")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CP_BOARD_DIR}/layout.h)

# --- what the board is

# cp_board_macro(NAME VARIABLE): the value of CP_BOARD_NAME in layout.h; empty if it has none.
file(STRINGS ${CP_BOARD_DIR}/layout.h CP_LAYOUT_LINES REGEX "^#define CP_BOARD_")
function(cp_board_macro name variable)
  set(${variable} "" PARENT_SCOPE)
  foreach(line IN LISTS CP_LAYOUT_LINES)
    if(line MATCHES "^#define CP_BOARD_${name} +\"?([^\" ]*)")
      string(REGEX REPLACE "^(0x[0-9a-fA-F]+|[0-9]+)u$" "\\1" value "${CMAKE_MATCH_1}")
      set(${variable} "${value}" PARENT_SCOPE)
    endif()
  endforeach()
endfunction()
cp_board_macro(PART CP_PART)
cp_board_macro(FLASH_ADDRESS CP_FLASH_ADDRESS)
cp_board_macro(ACTIVE_OFFSET_BYTES CP_ACTIVE_OFFSET)
cp_board_macro(ACTIVE_SIZE_BYTES CP_ACTIVE_SIZE)
cp_board_macro(DFU_OFFSET_BYTES CP_DFU_OFFSET)
cp_board_macro(IS_SIGNED CP_IS_SIGNED)
cp_board_macro(IS_DIRECT CP_IS_DIRECT)

include(${CP_FIRMWARE_DIR}/parts.cmake)
include(${CP_FIRMWARE_DIR}/fill.cmake)
include(${CP_FIRMWARE_DIR}/ports.cmake)
if(NOT CP_CPU)
  message(FATAL_ERROR "core/firmware/parts.cmake does not know the part '${CP_PART}' of "
                      "${CP_BOARD_DIR}")
endif()
# An image fills ACTIVE; a signed one has manifest and signature at its end.
set(CP_TRAILER_SIZE 0)
if(CP_IS_SIGNED)
  set(CP_TRAILER_SIZE 96)
endif()
math(EXPR CP_IMAGE_SIZE_BYTES "${CP_ACTIVE_SIZE} - ${CP_TRAILER_SIZE}")

# --- how everything is compiled

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXECUTABLE_SUFFIX .elf)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(CP_CPU_FLAGS -mcpu=${CP_CPU} -mthumb -mfloat-abi=soft)
add_link_options(${CP_CPU_FLAGS})
add_compile_options(${CP_CPU_FLAGS} -Os -g3
                    -ffile-prefix-map=${CP_ROOT}/=)
set(CP_C_FLAGS -ffreestanding -ffunction-sections -fdata-sections
               # the frame tables of .debug_frame, not those of exceptions
               -fno-unwind-tables -fno-asynchronous-unwind-tables
               -fstack-usage -fcallgraph-info=su,da)
set(CP_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Werror)
add_compile_options("$<$<COMPILE_LANGUAGE:C>:${CP_C_FLAGS}>"
  "$<$<COMPILE_LANGUAGE:ASM>:-Wa,--debug-prefix-map=${CP_ROOT}/=>"
  "$<$<COMPILE_LANGUAGE:ASM>:-Wa,--debug-prefix-map=${CMAKE_BINARY_DIR}=.>")
add_compile_definitions(CP_FAMILY_${CP_FAMILY} ${CP_PART_DEFINITIONS})
# nrf, stm32 or rp2040
string(REGEX MATCH "^(nrf|stm32|rp2040)" CP_MAKER ${CP_PART})
if(CP_CPU STREQUAL "cortex-m0")
  set(CP_FORWARD_SIZE 8) # what vectors_forward.S takes of RAM, and the stack's alignment
else()
  set(CP_FORWARD_SIZE 0)
  add_compile_definitions(CP_FIRMWARE_HAS_VTOR)
endif()
if(CP_CPU STREQUAL "cortex-m7")
  add_compile_definitions(CP_FIRMWARE_HAS_CACHES)
endif()
include_directories(${CP_ROOT} ${CP_ROOT}/core/include ${CP_BOARD_DIR})

# --- what the programs share

file(GLOB CP_CORE_SOURCES CONFIGURE_DEPENDS ${CP_ROOT}/core/src/*.c)
add_library(cp_board STATIC ${CP_CORE_SOURCES} ${CP_PORT_SOURCES}
  ${CP_FIRMWARE_DIR}/board.c ${CP_FIRMWARE_DIR}/board_chip.c ${CP_FIRMWARE_DIR}/board_port.c
  ${CP_FIRMWARE_DIR}/board_verifier.c ${CP_FIRMWARE_DIR}/family_${CP_MAKER}.c
  ${CP_FIRMWARE_DIR}/guarded_read.c ${CP_FIRMWARE_DIR}/library.c ${CP_FIRMWARE_DIR}/system.c)
target_compile_options(cp_board PRIVATE ${CP_WARNINGS})
# What copies bytes is not to be made a call of memcpy().
set_source_files_properties(${CP_FIRMWARE_DIR}/library.c PROPERTIES
  COMPILE_OPTIONS -fno-tree-loop-distribute-patterns)

set(CP_STACK_SIZE_MIN 2048)
if(CP_IS_SIGNED)
  execute_process(COMMAND ${CP_ROOT}/scripts/fetch_crypto RESULT_VARIABLE fetched)
  if(NOT fetched EQUAL 0)
    message(FATAL_ERROR "scripts/fetch_crypto failed; docs/signing.md says what it does")
  endif()
  set(CP_CRYPTO_DIRS ${CP_ROOT}/third_party/monocypher ${CP_ROOT}/third_party/sha2)
  add_library(cp_crypto OBJECT ${CP_ROOT}/third_party/monocypher/monocypher.c
                               ${CP_ROOT}/third_party/sha2/sha2.c)
  target_compile_options(cp_crypto PRIVATE -w)
  target_compile_definitions(cp_crypto PRIVATE SMALL_KERNEL)
  target_include_directories(cp_crypto SYSTEM PRIVATE ${CP_CRYPTO_DIRS})
  target_include_directories(cp_crypto PRIVATE ${CP_ROOT}/core/verify)
  file(GLOB CP_VERIFY_SOURCES CONFIGURE_DEPENDS ${CP_ROOT}/core/verify/*.c)
  target_sources(cp_board PRIVATE ${CP_VERIFY_SOURCES} $<TARGET_OBJECTS:cp_crypto>)
  target_include_directories(cp_board SYSTEM PRIVATE ${CP_CRYPTO_DIRS})
  set(CP_STACK_SIZE_MIN 4096)
endif()

# --- linking

# cp_firmware_program(NAME SCRIPT SOURCE...): NAME.elf, .hex, .bin and .map.
function(cp_firmware_program name script)
  add_executable(${name} ${ARGN})
  target_compile_options(${name} PRIVATE ${CP_WARNINGS})
  target_link_libraries(${name} PRIVATE cp_board -lgcc)
  target_link_options(${name} PRIVATE
    -nostdlib -nostartfiles -Wl,--gc-sections -Wl,--fatal-warnings
    -Wl,-Map=${CMAKE_BINARY_DIR}/${name}.map
    -L${CP_BOARD_DIR} -L${CP_FIRMWARE_DIR} -L${CMAKE_BINARY_DIR}/${name}
    -T${CP_FIRMWARE_DIR}/${script}
    -Wl,--defsym=__part_ram_address=${CP_RAM_ADDRESS} -Wl,--defsym=__part_ram_size=${CP_RAM_SIZE}
    -Wl,--defsym=__stack_size_min=${CP_STACK_SIZE_MIN}
    -Wl,--defsym=__forward_size=${CP_FORWARD_SIZE})
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${CP_BOARD_DIR}/layout.ld
    ${CP_FIRMWARE_DIR}/${script} ${CP_FIRMWARE_DIR}/sections.ld
    ${CMAKE_BINARY_DIR}/${name}/shift.ld ${CMAKE_BINARY_DIR}/${name}/fill.ld)
  foreach(format ihex.hex binary.bin)
    string(REPLACE . ";" format ${format})
    list(GET format 0 bfd)
    list(GET format 1 suffix)
    add_custom_command(TARGET ${name} POST_BUILD VERBATIM
      COMMAND ${CMAKE_OBJCOPY} -O ${bfd} ${name}.elf ${name}.${suffix}
      BYPRODUCTS ${name}.${suffix})
  endforeach()
endfunction()

cp_write_no_fill(${CMAKE_BINARY_DIR}/bootloader)
set(CP_BOOTLOADER_SOURCES "")
if(CP_CPU STREQUAL "cortex-m0")
  list(APPEND CP_BOOTLOADER_SOURCES ${CP_FIRMWARE_DIR}/vectors_forward.S)
endif()
if(CP_FAMILY STREQUAL "RP2040")
  list(APPEND CP_BOOTLOADER_SOURCES ${CP_FIRMWARE_DIR}/boot2_rp2040.S)
endif()
cp_firmware_program(bootloader bootloader.ld ${CP_BOOTLOADER_SOURCES} ${CP_FIRMWARE_DIR}/startup.c
  ${CP_FIRMWARE_DIR}/bootloader.c ${CP_FIRMWARE_DIR}/description.c ${CP_FIRMWARE_DIR}/dfu_mode.c
  ${CP_FIRMWARE_DIR}/hand_over.S ${CP_FIRMWARE_DIR}/panic.c)
if(CP_CPU STREQUAL "cortex-m0")
  target_compile_definitions(bootloader PRIVATE CP_FIRMWARE_FORWARDS)
endif()
set_source_files_properties(${CP_FIRMWARE_DIR}/description.c PROPERTIES COMPILE_DEFINITIONS
  "CP_FIRMWARE_CPU=\"${CP_CPU}\";CP_FIRMWARE_RAM=\"${CP_RAM_ADDRESS}+${CP_RAM_SIZE}\"")

# --- a product's own application

# cp_application(NAME SOURCE...): a program that is linked for ACTIVE.
function(cp_application name)
  math(EXPR address "${CP_FLASH_ADDRESS} + ${CP_ACTIVE_OFFSET}" OUTPUT_FORMAT HEXADECIMAL)
  cp_write_no_fill(${CMAKE_BINARY_DIR}/${name})
  cp_firmware_program(${name} demo.ld ${ARGN} ${CP_FIRMWARE_DIR}/startup.c)
  target_link_options(${name} PRIVATE -Wl,--defsym=__image_address=${address}
    -Wl,--defsym=__image_size=${CP_IMAGE_SIZE_BYTES})
endfunction()

if(NOT CP_BOARD)
  return()
endif()

# --- demo applications

set(CP_DEMO_SOURCES ${CP_FIRMWARE_DIR}/demo.c ${CP_FIRMWARE_DIR}/demo_fetch.c
                    ${CP_FIRMWARE_DIR}/startup.c)
add_library(cp_demo OBJECT ${CP_DEMO_SOURCES})
target_compile_options(cp_demo PRIVATE ${CP_WARNINGS})

# cp_demo(NAME LINK VERSION SEED SLOT): an image for slot a, which is ACTIVE, or b. LINK is the
# library that it talks by; SEED tells its bytes from those of others. That of the prover has a
# stated size, the others the one that they come to.
function(cp_demo name link version seed slot)
  if(link STREQUAL "cp_link_prover")
    cp_write_fill(${CMAKE_BINARY_DIR}/${name} ${seed} ${CP_IMAGE_SIZE_BYTES})
  else()
    cp_write_end(${CMAKE_BINARY_DIR}/${name} ${seed})
  endif()
  set(demo cp_demo)
  set(offset ${CP_ACTIVE_OFFSET})
  if(slot STREQUAL "b")
    set(demo cp_demo_b)
    set(offset ${CP_DFU_OFFSET})
  endif()
  math(EXPR address "${CP_FLASH_ADDRESS} + ${offset}" OUTPUT_FORMAT HEXADECIMAL)
  cp_firmware_program(${name} demo.ld $<TARGET_OBJECTS:${demo}> $<TARGET_OBJECTS:${link}>
    ${CP_FIRMWARE_DIR}/demo_version.c)
  target_compile_definitions(${name} PRIVATE CP_DEMO_VERSION=${version}u)
  target_link_options(${name} PRIVATE -Wl,--defsym=__image_address=${address}
    -Wl,--defsym=__image_size=${CP_IMAGE_SIZE_BYTES})
endfunction()

add_library(cp_link_prover OBJECT ${CP_FIRMWARE_DIR}/demo_link_prover.c)
target_compile_options(cp_link_prover PRIVATE ${CP_WARNINGS})
foreach(version 1 2 3)
  cp_demo(demo-prover-${version} cp_link_prover ${version} ${version} a)
endforeach()

if(CP_IS_DIRECT)
  add_library(cp_demo_b OBJECT ${CP_DEMO_SOURCES})
  target_compile_options(cp_demo_b PRIVATE ${CP_WARNINGS})
  target_compile_definitions(cp_demo_b PRIVATE CP_DEMO_SLOT_B)
  foreach(version 1 2 3)
    math(EXPR seed "${version} + 3")
    cp_demo(demo-prover-${version}-b cp_link_prover ${version} ${seed} b)
  endforeach()
endif()

# For real parts. Their host knows no slots.
if(NOT CP_IS_DIRECT)
  set(CP_UART ${CP_MAKER})
  if(CP_FAMILY MATCHES "^NRF(53|91)$")
    set(CP_UART nrf53)
  endif()
  add_library(cp_link_serial OBJECT ${CP_FIRMWARE_DIR}/demo_link_serial.c
    ${CP_FIRMWARE_DIR}/demo_frame.c ${CP_FIRMWARE_DIR}/demo_uart_${CP_UART}.c)
  target_compile_options(cp_link_serial PRIVATE ${CP_WARNINGS})
  set(seed 3)
  foreach(demo 1:good 2:good 2:bad 2:hangs)
    string(REPLACE ":" ";" demo ${demo})
    list(GET demo 0 version)
    list(GET demo 1 firmware)
    math(EXPR seed "${seed} + 1")
    cp_demo(demo-${version}-${firmware} cp_link_serial ${version} ${seed} a)
    string(TOUPPER ${firmware} firmware_upper)
    target_compile_definitions(demo-${version}-${firmware} PRIVATE
      CP_DEMO_FIRMWARE=DEMO_FIRMWARE_${firmware_upper})
  endforeach()
endif()

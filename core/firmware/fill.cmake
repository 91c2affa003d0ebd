# fill.cmake: how the images of the demo application come to differ in every page.
#
# Each has a seed. The code of each lies a little further back than that of the one before, and
# what it leaves free is filled with words that depend on seed and place, if it is to be filled.

set(CP_FILL_BYTES 128) # no page is smaller

# cp_write_no_fill(DIRECTORY): the same for a program that is not filled up.
function(cp_write_no_fill directory)
  file(WRITE ${directory}/shift.ld "")
  file(WRITE ${directory}/fill.ld "")
endfunction()

# cp_write_shift(DIRECTORY SEED): writes shift.ld, and a fill.ld that ends at a multiple of any
# part's write size, for sections.ld.
function(cp_write_shift directory seed)
  math(EXPR shift_bytes "${seed} * 16")
  file(WRITE ${directory}/shift.ld
    "FILL(0x${seed}${seed}5A${seed}${seed}A5) . += ${shift_bytes};\n")
  file(WRITE ${directory}/fill.ld "LONG(${seed}) . = ALIGN(16);\n")
endfunction()

# cp_write_fill(DIRECTORY SEED SIZE_BYTES): writes shift.ld and fill.ld for sections.ld.
function(cp_write_fill directory seed size_bytes)
  cp_write_shift(${directory} ${seed})
  set(fill "LONG(${seed})\n") # without any data it would not be stored
  math(EXPR last "(${size_bytes} + ${CP_FILL_BYTES} - 1) / ${CP_FILL_BYTES}")
  foreach(i RANGE 1 ${last})
    math(EXPR word "(${i} * 0x9E3779B1 + ${seed} * 0x85EBCA6B) & 0xFFFFFFFF"
         OUTPUT_FORMAT HEXADECIMAL)
    math(EXPR end "${i} * ${CP_FILL_BYTES}")
    if(end GREATER size_bytes)
      set(end ${size_bytes})
    endif()
    string(APPEND fill "FILL(${word}) . = MAX(${end}, __fill_offset + 4) - __fill_offset;\n")
  endforeach()
  file(WRITE ${directory}/fill.ld "${fill}")
endfunction()

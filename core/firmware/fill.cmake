# fill.cmake: how the images of the demo application come to differ in every page.
#
# Each has a seed. The code of each lies a little further back than that of the one before, and
# what it leaves free is filled with words that depend on seed and place, if it is to be filled.
# A file that does not change is not written, so that nothing is linked for it.

set(CP_FILL_BYTES 128) # no page is smaller

# cp_write_no_fill(DIRECTORY): the same for a program that is not filled up.
function(cp_write_no_fill directory)
  file(CONFIGURE OUTPUT ${directory}/shift.ld CONTENT "" @ONLY)
  file(CONFIGURE OUTPUT ${directory}/fill.ld CONTENT "" @ONLY)
endfunction()

# cp_write_end(DIRECTORY SEED): as cp_write_fill(), but no further than to a multiple of any part's
# write size.
function(cp_write_end directory seed)
  cp_write_shift(${directory} ${seed})
  file(CONFIGURE OUTPUT ${directory}/fill.ld CONTENT "LONG(${seed}) . = ALIGN(16);\n" @ONLY)
endfunction()

function(cp_write_shift directory seed)
  math(EXPR shift_bytes "${seed} * 16")
  file(CONFIGURE OUTPUT ${directory}/shift.ld CONTENT
    "FILL(0x${seed}${seed}5A${seed}${seed}A5) . += ${shift_bytes};\n" @ONLY)
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
  file(CONFIGURE OUTPUT ${directory}/fill.ld CONTENT "${fill}" @ONLY)
endfunction()

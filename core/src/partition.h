// partition.h: access to a range of a flash that can never leave the range.
//
// Everything the core reads, programs or erases goes through these functions,
// so a mistake in an offset becomes an error and never touches a neighbour.

#ifndef CP_PARTITION_H
#define CP_PARTITION_H

#include <stdbool.h>

#include "cutproof/flash.h"

// True if [offset, offset + size) lies inside [0, limit). Written without an
// addition, so that no pair of values wraps around.
bool cp_range_fits(uint32_t offset_bytes, uint32_t size_bytes, uint32_t limit_bytes);

// Check a partition and the flash it is cut from.
//   CP_ERR_ARGUMENT   a null pointer, a zero size, or a flash outside the contract of flash.h
//   CP_ERR_BOUNDS     the partition does not lie inside its flash
//   CP_ERR_ALIGNMENT  its offset or size is not a multiple of the erase size
int cp_partition_check(const struct cp_partition *partition);

// True if two checked partitions share a byte of one flash.
bool cp_partition_overlaps(const struct cp_partition *a, const struct cp_partition *b);

// Offsets below are from the start of the partition. Each function returns
// CP_ERR_BOUNDS or CP_ERR_ALIGNMENT before it touches the flash, or the port's error.

int cp_partition_read(const struct cp_partition *partition, uint32_t offset_bytes, void *data,
                      uint32_t size_bytes);

int cp_partition_program(const struct cp_partition *partition, uint32_t offset_bytes,
                         const void *data, uint32_t size_bytes);

// Does a range read as `expected`, or, if that is NULL, as erased? CP_ERR_FLASH if it does not, or
// cannot be read.
int cp_partition_compare(const struct cp_partition *partition, uint32_t offset_bytes,
                         const uint8_t *expected, uint32_t size_bytes);

// Erase a range of whole pages, in ascending order.
int cp_partition_erase(const struct cp_partition *partition, uint32_t offset_bytes,
                       uint32_t size_bytes);

#endif

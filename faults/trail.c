// trail.c: not there yet.

#include "faults/trail.h"

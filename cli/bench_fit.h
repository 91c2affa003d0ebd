// bench_fit.h: how a cost grows.

#ifndef CP_CLI_BENCH_FIT_H
#define CP_CLI_BENCH_FIT_H

#include <stddef.h>

// The exponent b of y = a * x^b that fits best: least squares of the logarithms. 0 for
// fewer than two points.
double cp_bench_exponent(const double *x, const double *y, size_t count);

#endif

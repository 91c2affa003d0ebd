// bench_fit.c: how a cost grows.

#include "cli/bench_fit.h"

#include <math.h>

double cp_bench_exponent(const double *x, const double *y, size_t count) {
    double mean_x = 0, mean_y = 0, both = 0, square = 0;
    for (size_t i = 0; i < count; i++) {
        mean_x += log(x[i]) / (double)count;
        mean_y += log(y[i]) / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        double away = log(x[i]) - mean_x;
        both += away * (log(y[i]) - mean_y);
        square += away * away;
    }
    return count < 2 || square <= 0 ? 0 : both / square;
}

// bench_machine.c: the machine that a benchmark ran on.

#include "cli/bench.h"
#include "cli/jsonl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef __OPTIMIZE__
#define OPTIMISED "optimised"
#else
#define OPTIMISED "not optimised"
#endif
#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

// The largest searches need more than half of it, and others are to go on meanwhile.
#define MEMORY_FREE_MIN_BYTES ((uint64_t)6 << 30)

// The rest of the first line of a file that begins with a key; false: there is none.
static bool find_line(const char *path, const char *key, char *out, size_t size) {
    char line[512];
    bool is_found = false;
    FILE *in = fopen(path, "r");
    while (in && !is_found && fgets(line, sizeof line, in)) {
        is_found = strncmp(line, key, strlen(key)) == 0;
    }
    if (in) {
        fclose(in);
    }
    if (is_found) {
        const char *value = line + strlen(key);
        value += strspn(value, " \t:");
        snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
    }
    return is_found;
}

// Memory that a new process could have, as far as is known; UINT64_MAX: unknown.
static uint64_t memory_bytes(void) {
    char text[64];
    uint64_t kib;
    // Memory that only caches files can be had as well; sysconf() does not count it.
    if (find_line("/proc/meminfo", "MemAvailable", text, sizeof text) &&
        sscanf(text, "%" SCNu64, &kib) == 1) {
        return kib * 1024;
    }
    long pages = sysconf(_SC_AVPHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);
    return pages < 0 || page_bytes < 0 ? UINT64_MAX : (uint64_t)pages * (uint64_t)page_bytes;
}

bool cp_bench_has_memory(const struct cp_bench *bench, const char *what) {
    bool is_enough = memory_bytes() >= MEMORY_FREE_MIN_BYTES;
    if (!is_enough && bench->is_json) {
        struct cp_jsonl json = {.out = stdout};
        cp_jsonl_open(&json, NULL, '{');
        cp_jsonl_text(&json, "type", "bench-left-out");
        cp_jsonl_text(&json, "what", what);
        cp_jsonl_close(&json, '}');
    } else if (!is_enough) {
        printf("  %s: left out, since less than 6 GiB of memory are available\n", what);
    }
    return is_enough;
}

static void print_json(const struct cp_bench *bench, const char *cpu, long cores, double load) {
    struct cp_jsonl json = {.out = stdout};
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "bench-machine");
    cp_jsonl_text(&json, "version", CP_VERSION);
    cp_jsonl_text(&json, "core", bench->program->name);
    cp_jsonl_text(&json, "core_hash", bench->program->core_hash);
    cp_jsonl_text(&json, "compiler", COMPILER ", " OPTIMISED);
    cp_jsonl_text(&json, "cpu", cpu);
    cp_jsonl_count(&json, "cores", (uint64_t)cores);
    cp_jsonl_real(&json, "load", load);
    cp_jsonl_count(&json, "memory_bytes", memory_bytes());
    cp_jsonl_bool(&json, "quick", bench->options->quick);
    cp_jsonl_text(&json, "flash", bench->plan->flash_about);
    cp_jsonl_close(&json, '}');
}

// What else runs here; it makes times longer. Negative: unknown.
static double load_here(void) {
    char text[64];
    double load = -1;
    FILE *in = fopen("/proc/loadavg", "r");
    if (in && fgets(text, sizeof text, in) && sscanf(text, "%lf", &load) != 1) {
        load = -1;
    }
    if (in) {
        fclose(in);
    }
    return load;
}

void cp_bench_print_machine(const struct cp_bench *bench) {
    char cpu[128] = "unknown";
    find_line("/proc/cpuinfo", "model name", cpu, sizeof cpu);
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    double load = load_here();
    if (bench->is_json) {
        print_json(bench, cpu, cores, load);
        return;
    }
    printf("Benchmark%s  cutproof %s  core %s %s\n", bench->options->quick ? " (quick)" : "",
           CP_VERSION, bench->program->name, bench->program->core_hash);
    printf("  processor   %s, %ld core%s; load at the start %.2f\n", cpu, cores,
           cores == 1 ? "" : "s", load);
    printf("  memory      %.1f GiB available\n", (double)memory_bytes() / (1024.0 * 1024 * 1024));
    printf("  compiler    %s\n", COMPILER ", " OPTIMISED);
    printf("  flash       %s\n", bench->plan->flash_about);
    printf("  cut         around every event, nested without limit; torn: also inside each\n"
           "              program and erase of ACTIVE and DFU, leaving any value\n");
    printf("Times are those of this machine in this run; counts are exact.\n");
    fflush(stdout);
}

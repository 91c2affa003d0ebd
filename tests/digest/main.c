// main.c: print a digest of what is reached of each small case.
//
// Each is explored by both engines, by the fast one also with the stack filled otherwise:
// nothing may differ. The output is compared among builds: with the core compiled without
// optimization, and under sanitizers. tests/CMakeLists.txt and scripts/test do that.

#include "tests/digest/small_cases.h"

static bool is_same(const struct digest *a, const struct digest *b) {
    return a->states == b->states && cp_hash_equal(a->set, b->set) && a->verdict == b->verdict &&
           a->broken == b->broken;
}

static struct digest filled(const struct cp_case *test_case, uint8_t fill) {
    cp_cpu_set_stack_fill(cp_cpu_open(), fill);
    struct digest digest = digest_of(test_case, CP_ENGINE_FAST);
    cp_cpu_set_stack_fill(cp_cpu_open(), 0);
    return digest;
}

int main(void) {
    for (int i = 0; i < SMALL_CASES; i++) {
        const struct cp_case test_case = small_case(i);
        const struct digest fast = digest_of(&test_case, CP_ENGINE_FAST);
        const struct digest slow = digest_of(&test_case, CP_ENGINE_SLOW);
        const struct digest other = filled(&test_case, 0xA5);
        print_digest(&test_case, &fast);
        if (!is_same(&fast, &slow)) {
            print_digest(&test_case, &slow);
            die("the slow engine reaches something else");
        }
        if (!is_same(&fast, &other)) {
            print_digest(&test_case, &other);
            die("what is reached depends on what the stack is filled with");
        }
    }
    return 0;
}

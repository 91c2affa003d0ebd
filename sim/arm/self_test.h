// self_test.h: does libunicorn do what the ARM engine relies on?
//
// Another version of it may change that without a word, and a proof would be worth nothing.

#ifndef CP_SIM_ARM_SELF_TEST_H
#define CP_SIM_ARM_SELF_TEST_H

// NULL, or what it does not do. Takes some milliseconds.
const char *cp_arm_self_test(void);

#endif

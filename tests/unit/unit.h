/* What a test of cmocka includes: its header needs the others before it. */
#ifndef ASSENT_TESTS_UNIT_H
#define ASSENT_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* cmocka gives each test a state; few use it. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#endif

/* Included by tests with cmocka, whose header needs the others before it. */
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

void	unit_add(int line, struct CMUnitTest test);
/* For a main() that does more; others have that of unit.c. */
int	unit_run(void);
/* A new inotify instance, which read(2) doesn't wait for; the caller closes it.
 * The tests that use up the user's, beside this one, have them for a moment. */
int	unit_inotify(void);

#define UNIT_ADD(test, ...)						\
	__attribute__((constructor)) static void			\
	test##_add(void)						\
	{								\
		unit_add(__LINE__, (struct CMUnitTest){ __VA_ARGS__ });	\
	}

/* TEST(test_something) { ... } is run without being named anywhere else. */
#define TEST_WITH(test, setup, teardown)				\
	static void test(void **state);					\
	UNIT_ADD(test, #test, test, setup, teardown, NULL)		\
	static void test(void **state)
#define TEST(test) TEST_WITH(test, NULL, NULL)

#endif

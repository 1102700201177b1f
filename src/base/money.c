#include "config.h"

#include "base/money.h"

#define MONEY_MAX_DOLLARS 1000000000

cJSON *
money_to_json(int64_t micro)
{
	return micro < 0 ? cJSON_CreateNull() :
	    cJSON_CreateNumber((double)micro / (double)MONEY_DOLLAR);
}

int64_t
money_from_json(const cJSON *v)
{
	if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0) ||
	    v->valuedouble > MONEY_MAX_DOLLARS)
		return MONEY_UNKNOWN;
	return (int64_t)(v->valuedouble * (double)MONEY_DOLLAR + 0.5);
}

int64_t
money_from_text(const char *s)
{
	int64_t v = 0, unit = MONEY_DOLLAR;
	const char *from;

	if (*s == '$')
		s++;
	for (from = s; *s >= '0' && *s <= '9'; s++) {
		v = 10 * v + (*s - '0');
		if (v > MONEY_MAX_DOLLARS)
			return MONEY_UNKNOWN;
	}
	if (s == from)
		return MONEY_UNKNOWN;
	v *= MONEY_DOLLAR;
	if (*s == '.') {
		from = ++s;
		for (; *s >= '0' && *s <= '9'; s++) {
			unit /= 10;
			if (unit == 0)
				return MONEY_UNKNOWN;
			v += unit * (*s - '0');
		}
		if (s == from)
			return MONEY_UNKNOWN;
	}
	return *s == '\0' ? v : MONEY_UNKNOWN;
}

void
money_text(struct buf *b, int64_t micro)
{
	int64_t cents;

	if (micro < 0) {
		buf_adds(b, "unknown");
		return;
	}
	if (micro > 0 && micro < MONEY_DOLLAR / 10) {
		micro = (micro + 99) / 100;
		buf_addf(b, "$0.%04lld", (long long)micro);
		return;
	}
	cents = (micro + 5000) / 10000;
	buf_addf(b, "$%lld.%02lld", (long long)(cents / 100),
	    (long long)(cents % 100));
}

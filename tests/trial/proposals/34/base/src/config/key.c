/*
 * key: finds a provider's key: in a variable, a file, a command's output, or
 * the store of `assent login`, in this order.  A key leaves this file only as a
 * secret (base/secret.h) in config_model.key, which is sent to the core in the
 * hello and nowhere else.  No message contains it.
 */

int
config_key_each(const struct config *c, void (*each)(void *, const char *,
    const char *, const char *, const char *), void *arg, struct err *e)
{
			struct key_source s;
			AUTO_FREE char *from = NULL;

			/* The user's entry comes before the list's. */
			if (pass == 1 && json_get(c->providers, name) != NULL)
				continue;
			if (strcmp(json_str_or(p, "format", ""), "replay") ==
			    0)
				continue;
			key_find(c, p, name, &s);
			from = key_words(&s);
			if (s.path != NULL)
				secret_free(key_read(s.path, &wrong));
			each(arg, name, from, err_is_set(&wrong) ?
	}
	return 0;
}

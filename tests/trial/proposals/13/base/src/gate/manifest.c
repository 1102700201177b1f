#include "config.h"

static const char *const manifest_names[2] = {
	"manifest.json", "manifest-2.json",
};

void
stage_id_make(struct stage_id *id, const struct stat *st)
{
	struct timespec now;
	int64_t age;

	*id = (struct stage_id){
		.mtime_s = st->st_mtim.tv_sec, .mtime_ns = st->st_mtim.tv_nsec,
		.ctime_s = st->st_ctim.tv_sec, .ctime_ns = st->st_ctim.tv_nsec,
		.size = st->st_size, .ino = st->st_ino, .mode = st->st_mode,
	};
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	age = now.tv_sec - id->ctime_s;
	/* A future time proves nothing either. */
	if (id->ctime_ns == 0)
		id->settled = age > MANIFEST_SETTLE_S;
	else
		id->settled = age > 1 || (age >= 0 && age * 1000000000 +
		    now.tv_nsec - id->ctime_ns > MANIFEST_SETTLE_NS);
}

bool
stage_id_equal(const struct stage_id *a, const struct stage_id *b)
{
	return a->ino != 0 && a->ino == b->ino && a->size == b->size &&
	    a->mode == b->mode && a->mtime_s == b->mtime_s &&
	    a->mtime_ns == b->mtime_ns && a->ctime_s == b->ctime_s &&
	    a->ctime_ns == b->ctime_ns;
}

static void
manifest_id_load(struct stage_id *id, const cJSON *a)
{
	int64_t v[8];

		if (!cJSON_IsNumber(n) || n->valuedouble < -9e15 ||
		    n->valuedouble > 9e15)
			return;
		v[i] = (int64_t)n->valuedouble;
	}
	*id = (struct stage_id){ .mtime_s = v[0], .mtime_ns = v[1],
		.ctime_s = v[2], .ctime_ns = v[3], .size = v[4],
		.ino = (uint64_t)v[5], .mode = (unsigned)v[6],
		.settled = v[7] != 0 };
}

static void
manifest_id_save(struct buf *b, const char *key, const struct stage_id *id)
{
	if (id->ino != 0 && id->ino < (uint64_t)9e15)
		buf_addf(b, ",\"%s\":[%lld,%lld,%lld,%lld,%lld,%llu,%u,%d]",
		    key, (long long)id->mtime_s, (long long)id->mtime_ns,
		    (long long)id->ctime_s, (long long)id->ctime_ns,
		    (long long)id->size, (unsigned long long)id->ino,
		    id->mode, id->settled);
}


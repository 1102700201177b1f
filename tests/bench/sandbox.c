/*
 * What calls in the sandbox cost.  Each prints its figures on one line:
 *
 *     sandbox WORKER calls fresh|prepared A|B|D FILES CALLS THINK_MS [kernel]
 *         median and least milliseconds of a `read` in a project of so many
 *         files, from the moment the core asks until it has the result;
 *         with "kernel" the limits of a cgroup, where there can be one
 *     sandbox WORKER idle LEVEL SECONDS
 *         a sandbox that waits: KiB of memory (PSS, -1: it may not be read),
 * and
 *         wakeups in that time
 *     sandbox WORKER build TIMES
 *         milliseconds of a small build with the limits of `desk`, and of the
 *         same build outside, the median of each
 */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "sandbox/sandbox.h"
#include "sandbox/cgroup.h"
#include "loop/loop.h"

#define BENCH_SOURCES 24	/* of the build */

static struct bench {
	const char		*worker;
	char			*dir;
	struct loop		*loop;
	struct sandbox_spec	 spec;
	struct sandbox_limits	 limits;
	int64_t			 ended;
	bool			 ok;
} bench;

static int64_t
bench_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
bench_output(void *arg, const char *p, size_t n)
{
	(void)arg;
	(void)p;
	(void)n;
}

static void
bench_done(void *arg, const struct sandbox_result *r)
{
	(void)arg;
	bench.ended = bench_us();
	bench.ok = r->built && r->exit == 0;
	if (!bench.ok)
		fprintf(stderr, "%s\n", r->error == NULL ? "failed" :
		    r->error);
	loop_stop(bench.loop, 0);
}

static char *
bench_dir(const char *top, const char *name)
{
	char *path = fs_join(top, name);

	if (mkdir(path, 0755) < 0)
		exit(2);
	return path;
}

static void
bench_files(const char *root, int n)
{
	char path[4096];
	int i, fd;

	for (i = 0; i < n; i++) {
		if (i % 100 == 0) {
			snprintf(path, sizeof(path), "%s/d%d", root, i / 100);
			if (mkdir(path, 0755) < 0)
				exit(2);
		}
		snprintf(path, sizeof(path), "%s/d%d/f%d.c", root, i / 100, i);
		fd = open(path, O_WRONLY | O_CREAT, 0644);
		if (fd < 0 || write(fd, "int x;\n", 7) != 7)
			exit(2);
		close(fd);
	}
}

static int
bench_compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
bench_sleep(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

static void
bench_world(const char *level, int files)
{
	struct sandbox_spec *s = &bench.spec;

	s->level = level[0] == 'A' ? SANDBOX_A : level[0] == 'B' ? SANDBOX_B : SANDBOX_D;
	s->root = s->cwd = bench_dir(bench.dir, "p");
	bench_files(s->root, files);
	s->home = bench_dir(bench.dir, "h");
	s->path = "/usr/local/bin:/usr/bin:/bin";
	s->quota_dir = bench_dir(bench.dir, "s");
	s->sandbox_home = bench_dir(s->quota_dir, "home");
	s->sandbox_tmp = bench_dir(s->quota_dir, "tmp");
	if (s->level == SANDBOX_A) {
		s->upper = bench_dir(s->quota_dir, "up");
		s->work = fs_join(s->quota_dir, "wk");
	} else
		s->copy = bench_dir(s->quota_dir, "copy");
	if (files > 0)
		bench_files(s->level == SANDBOX_A ? s->upper : s->copy, 1);
	bench.limits = (struct sandbox_limits){
		.timeout_ms = 120000, .memory_bytes = (int64_t)512 << 20,
		.cpu = 25, .pids = 50, .disk_bytes = (int64_t)1 << 30,
		.disk_inodes = 100000, .output_bytes = (int64_t)64 << 20,
	};
}

static struct sandbox_ready *
bench_prepare(long think_ms)
{
	struct sandbox_ready *r = sandbox_prepare(bench.loop, bench.worker,
	    &bench.spec, &bench.limits);

	bench_sleep(think_ms);
	return r;
}

/* Microseconds. */
static int64_t
bench_call(struct sandbox_ready *ready, const char *tool, const cJSON *args)
{
	static const struct sandbox_callbacks cb = {
		.output = bench_output, .done = bench_done,
	};
	const struct sandbox_start call = { .worker = bench.worker,
		.spec = &bench.spec, .limits = &bench.limits, .ready = &ready,
		.tool = tool, .args = args, .cb = &cb };
	int64_t start = bench_us();

	sandbox_call_start(bench.loop, &call);
	loop_run(bench.loop);
	return bench.ended - start;
}

static double
bench_median_ms(int64_t *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), bench_compare);
	return (double)v[n / 2] / 1000;
}

static void
bench_calls(bool prepared, int n, long think_ms)
{
	int64_t *took = xcalloc((size_t)n, sizeof(*took));
	cJSON *args = cJSON_CreateObject();
	double median;
	int i;

	json_add_str(args, "path", "d0/f0.c");
	for (i = 0; i < n && (i == 0 || bench.ok); i++)
		took[i] = bench_call(prepared ? bench_prepare(think_ms) : NULL,
		    "read", args);
	median = bench_median_ms(took, n);
	printf("%.3f %.3f\n", median, (double)took[0] / 1000);
	cJSON_Delete(args);
	free(took);
}

/* The number after `key` in a file of /proc; -1 if it cannot be read. */
static long
bench_proc(pid_t pid, const char *file, const char *key)
{
	struct buf b = BUF_INIT(1 << 16);
	char path[64], *p;
	long n = -1;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	if (fs_read_file(AT_FDCWD, path, &b, NULL) == 0 &&
	    (p = strstr(buf_str(&b), key)) != NULL)
		n = strtol(p + strlen(key), NULL, 10);
	buf_release(&b);
	return n;
}

/* Sum over the worker and its first process. */
static long
bench_below(pid_t parent, const char *file, const char *key)
{
	DIR *d = opendir("/proc");
	struct dirent *de;
	long sum = 0;

	while (d != NULL && (de = readdir(d)) != NULL) {
		pid_t pid = (pid_t)strtol(de->d_name, NULL, 10);
		long n;

		if (!isdigit((unsigned char)de->d_name[0]) ||
		    bench_proc(pid, "status", "PPid:") != parent)
			continue;
		n = bench_proc(pid, file, key);
		if (n < 0)
			sum = -1;
		else if (sum >= 0) {
			sum += n;
			n = bench_below(pid, file, key);
			sum = n < 0 ? -1 : sum + n;
		}
	}
	if (d != NULL)
		closedir(d);
	return sum;
}

static void
bench_idle(int seconds)
{
	struct sandbox_ready *r = bench_prepare(500);
	const char *key = "voluntary_ctxt_switches:";
	long before = bench_below(getpid(), "status", key);

	bench_sleep(seconds * 1000L);
	printf("%ld %ld\n", bench_below(getpid(), "smaps_rollup", "\nPss:"),
	    bench_below(getpid(), "status", key) - before);
	sandbox_ready_free(r);
	bench.ok = true;
}

static void
bench_sources(void)
{
	char path[4096];
	FILE *f;
	int i, k;

	for (i = 0; i < BENCH_SOURCES; i++) {
		snprintf(path, sizeof(path), "%s/s%d.c", bench.spec.root, i);
		f = fopen(path, "w");
		if (f == NULL)
			exit(2);
		fprintf(f, "#include <stdio.h>\n#include <stdlib.h>\n"
		    "#include <string.h>\n");
		for (k = 0; k < 60; k++)
			fprintf(f, "int f%d_%d(int n)\n{\n\tint i, s = 0;\n"
			    "\tfor (i = 0; i < n; i++)\n\t\ts += i * %d ^ "
			    "(s >> 3);\n\treturn s;\n}\n", i, k, k);
		fclose(f);
	}
	snprintf(path, sizeof(path), "%s/Makefile", bench.spec.root);
	f = fopen(path, "w");
	if (f == NULL)
		exit(2);
	fprintf(f, "OBJ = $(patsubst %%.c,%%.o,$(wildcard s*.c))\n"
	    "all.a: $(OBJ)\n\tar rc all.a $(OBJ)\n"
	    "%%.o: %%.c\n\tcc -O2 -c -o $@ $<\n"
	    "clean:\n\trm -f *.o all.a\n");
	fclose(f);
}

static int64_t
bench_outside(const char *command)
{
	int64_t start = bench_us();
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		/* This may itself be part of a make. */
		unsetenv("MAKEFLAGS");
		unsetenv("MAKELEVEL");
		unsetenv("MFLAGS");
		if (chdir(bench.spec.root) == 0 && dup2(null, 1) == 1)
			execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		bench.ok = false;
	return bench_us() - start;
}

static void
bench_build(int n)
{
	static const char command[] = "make -s clean && make -s -j2 && "
	    "test -s all.a";
	static const char clean[] = "make -s clean";
	int64_t *in = xcalloc((size_t)n, sizeof(*in));
	int64_t *out = xcalloc((size_t)n, sizeof(*out));
	cJSON *args = cJSON_CreateObject();
	double inside, outside;
	int i;

	sandbox_limits_usual(&bench.limits, INT64_MAX);
	bench_sources();
	json_add_str(args, "command", command);
	bench.ok = true;
	(void)bench_outside(command);
	for (i = 0; i < n && bench.ok; i++) {
		out[i] = bench_outside(command);
		(void)bench_outside(clean);
		in[i] = bench_call(bench_prepare(60), "bash", args);
	}
	inside = bench_median_ms(in, n);
	outside = bench_median_ms(out, n);
	printf("%.3f %.3f\n", inside, outside);
	cJSON_Delete(args);
	free(in);
	free(out);
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/assent-bench-XXXXXX";
	const char *what = argc > 2 ? argv[2] : "";
	struct cgroup_host host;

	if (argc < 4 || mkdtemp(dir) == NULL || chmod(dir, 0755) < 0)
		return 2;
	bench.worker = argv[1];
	bench.dir = dir;
	bench.loop = loop_new();
	if (strcmp(what, "calls") == 0 && argc >= 8) {
		bench_world(argv[4], (int)strtol(argv[5], NULL, 10));
		cgroup_host_this(&host, NULL);
		if (argc > 8)
			bench.spec.cgroup = cgroup_find(&host);
		bench_calls(strcmp(argv[3], "prepared") == 0,
		    (int)strtol(argv[6], NULL, 10),
		    strtol(argv[7], NULL, 10));
	} else if (strcmp(what, "idle") == 0 && argc == 5) {
		bench_world(argv[3], 0);
		bench_idle((int)strtol(argv[4], NULL, 10));
	} else if (strcmp(what, "build") == 0) {
		bench_world("A", 0);
		bench_build((int)strtol(argv[3], NULL, 10));
	}
	loop_free(bench.loop);
	cgroup_free(bench.spec.cgroup);
	(void)fs_remove_tree(AT_FDCWD, dir, NULL);
	return bench.ok ? 0 : 1;
}

/*
 * d2dimport: imports all given files, one after the other, or several at the same time when it writes to the store. Each file
 * then has its own process. The output of each process is held back until all earlier files are done, so that output comes in
 * file order. A file that fails for lack of space beside other imports, or whose process is killed, is tried again alone.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DIMPORT) += d2dimport_files.o

#include <sys/mman.h>
#include <sys/prctl.h>
#include "d2dimport.h"

enum { EXIT_AGAIN = 3 };

enum state { WAITS, WAITS_ALONE, RUNS, ENDED };

struct file {
	char *path, *name;	/* name: path in printable form */
	int flags;		/* for open() */
	off_t size;		/* bytes */
	unsigned jobs;		/* share of the job slots */
	enum state state;
	bool alone;		/* no other import runs at the same time */
	pid_t pid;
	int out, err;		/* memfds that hold back the output */
	int code;		/* exit status */
	struct d2dimport_progress p;
};

struct files {
	struct d2dimport *d;
	struct file *file;
	unsigned n;
	int code;		/* exit status so far */
	unsigned jobs, free;	/* number of job slots, free slots */
	struct d2dimport_count *counts;	/* progress of each file, in shared memory, or MAP_FAILED */
	unsigned lines;		/* lines of progress on the terminal */
	bool killed;		/* a process was killed since the last tidy() */
};

/* ---- which files ---- */

static bool has_archive_name(const char *name)
{
	char *stem = d2dimport_remote_stem(name);
	bool yes = d2d_archive_name_ok(stem ? stem : name);

	free(stem);
	return yes;
}

static bool is_layout(const char *path)
{
	char *mark = concat_path_file(path, "oci-layout");
	struct stat st;
	bool is = lstat(mark, &st) == 0 && S_ISREG(st.st_mode);

	free(mark);
	return is || d2dimport_is_squash(path);
}

static void add(struct files *f, const char *path, int flags)
{
	struct file *file;
	struct stat st;

	f->file = xrealloc_vector(f->file, 4, f->n);
	file = &f->file[f->n++];
	file->path = xstrdup(path);
	file->name = d2d_printable(path, strlen(path));
	file->flags = flags;
	file->size = stat(path, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
}

static void add_dir(struct files *f, const char *dir)
{
	char **names;
	int i, n = d2d_dir_list(dir, INT_MAX - 1, &names);
	unsigned before = f->n;

	if (n < 0) {
		bb_error_msg("can't read '%s': %s", printable_string(dir), strerror(-n));
		f->code = EXIT_FAILURE;
		return;
	}
	for (i = 0; i < n; i++) {
		char *path = concat_path_file(dir, names[i]);

		/* Skip hidden files: other systems leave files like "._NAME.tar" on USB sticks. O_NOFOLLOW: a symbolic link could
		 * lead to a file outside the volume. */
		if (names[i][0] != '.' && (has_archive_name(names[i]) || is_layout(path)))
			add(f, path, O_NOFOLLOW);
		free(path);
	}
	if (f->n == before)
		bb_error_msg("no image files in '%s'", printable_string(dir));
	d2d_dir_list_free(names, n);
}

/* ---- one file ---- */

static void run(struct files *f, struct file *file, struct d2dimport_count *count) NORETURN;
/* Imports one file in a child process. */
static void run(struct files *f, struct file *file, struct d2dimport_count *count)
{
	struct d2dimport *d = f->d;
	int code;

	xdup2(file->out, STDOUT_FILENO);
	xdup2(file->err, STDERR_FILENO);
	/* Two processes at least: a compressed file has one that decompresses and one that unpacks. Otherwise the last files, when
	 * no others are left to fill the slots, would take longer than without parallel files. */
	d2d_store_jobs(d->store, MAX(2, file->jobs));
	d2d_store_set_rank(d->store, file - f->file + 1);
	d->count = count;
	d->beside = !file->alone;
	code = d2dimport_file(d, file->path, file->flags);
	d2d_store_close(d->store);
	fflush_all();
	_exit(d->again ? EXIT_AGAIN : code);
}

/* Starts the process of a file. Returns false if that fails; the state of the file is RUNS all the same. */
static bool start(struct files *f, struct file *file, struct d2dimport_count *count)
{
	pid_t parent = getpid();
	sigset_t child;

	memset(count, 0, sizeof(*count));
	file->out = memfd_create("out", MFD_CLOEXEC);
	file->err = memfd_create("err", MFD_CLOEXEC);
	fflush_all();
	file->pid = file->out < 0 || file->err < 0 ? -1 : fork();
	if (file->pid == 0) {
		/* The parent holds the lock of the store. If it dies, the child must not write any more. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(EXIT_FAILURE);
		sigemptyset(&child);
		sigaddset(&child, SIGCHLD);
		sigprocmask(SIG_UNBLOCK, &child, NULL);
		run(f, file, count);
	}
	d2dimport_progress_begin(&file->p, file->name, 0, NULL, count);
	file->state = RUNS;
	f->free -= file->jobs;
	return file->pid > 0;
}

static void close_outputs(struct file *file)
{
	if (file->out >= 0)
		close(file->out);
	if (file->err >= 0)
		close(file->err);
	file->out = file->err = -1;
}

static void file_ended(struct files *f, struct file *file, int status)
{
	bool killed = !WIFEXITED(status);

	f->free += file->jobs;
	file->state = ENDED;
	f->killed |= killed;
	file->code = killed ? EXIT_FAILURE : WEXITSTATUS(status);
	if (!killed && file->code != EXIT_AGAIN)
		return;
	if (!file->alone) {
		file->state = WAITS_ALONE;
		close_outputs(file);
	} else {
		d2dimport_fail_killed(f->d, file->path, WTERMSIG(status));
	}
}

/* ---- all files ---- */

/* Gives each file a share of the job slots in proportion to its size, at least one. */
static void share_jobs(struct files *f)
{
	off_t all = 1;
	unsigned i;

	for (i = 0; i < f->n; i++)
		all += f->file[i].size;
	for (i = 0; i < f->n; i++)
		f->file[i].jobs = MAX(1, MIN(f->jobs, (2 * f->jobs * f->file[i].size + all) / (2 * all)));
}

static struct file *find(struct files *f, enum state state)
{
	unsigned i;

	for (i = 0; i < f->n; i++)
		if (f->file[i].state == state)
			return &f->file[i];
	return NULL;
}

/* Removes what killed processes left in the store, because it takes up space. Must be called only when no import is running. */
static void recover_killed(struct files *f)
{
	if (f->killed)
		d2d_store_recover(f->d->store);
	f->killed = false;
}

/* Returns the next file to start, in file order, or NULL if no file can start now. Files that have to run alone come last. */
static struct file *next(struct files *f)
{
	struct file *file = find(f, WAITS);

	if (file && !f->free)
		return NULL;
	if (file) {
		file->jobs = MIN(file->jobs, f->free);
		return file;
	}
	file = f->free == f->jobs ? find(f, WAITS_ALONE) : NULL;
	if (file) {
		recover_killed(f);
		file->jobs = f->jobs;
		file->alone = true;
	}
	return file;
}

static void show_progress(struct files *f)
{
	unsigned i;

	d2dimport_progress_clear(f->lines);
	f->lines = 0;
	for (i = 0; i < f->n; i++)
		if (f->file[i].state == RUNS && f->counts[i].size)
			f->lines += d2dimport_progress_show(&f->file[i].p, f->lines == 0);
}

/* Prints the output of all files up to the first that hasn't ended. *SHOWN counts the files whose output was printed. */
static void print_outputs(struct files *f, unsigned *shown)
{
	struct file *file;

	while (*shown < f->n && f->file[*shown].state == ENDED) {
		file = &f->file[(*shown)++];
		d2dimport_progress_clear(f->lines);
		f->lines = 0;
		fflush_all();
		if (file->out >= 0 && lseek(file->out, 0, SEEK_SET) == 0)
			bb_copyfd_eof(file->out, STDOUT_FILENO);
		if (file->err >= 0 && lseek(file->err, 0, SEEK_SET) == 0)
			bb_copyfd_eof(file->err, STDERR_FILENO);
		close_outputs(file);
		f->code |= file->code;
	}
}

/* Waits until a process ends, or for D2DIMPORT_SHOW_MS if progress is shown, and handles all processes that have ended. */
static void wait_for_some(struct files *f, const sigset_t *child)
{
	struct timespec t = { .tv_nsec = D2DIMPORT_SHOW_MS * 1000000 };
	unsigned i;
	int status;

	if (option_mask32 & OPT_q)
		sigwaitinfo(child, NULL);
	else
		sigtimedwait(child, NULL, &t);
	for (i = 0; i < f->n; i++)
		if (f->file[i].state == RUNS && safe_waitpid(f->file[i].pid, &status, WNOHANG) > 0)
			file_ended(f, &f->file[i], status);
}

static void run_all(struct files *f)
{
	struct file *file;
	unsigned shown = 0;
	sigset_t child;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	share_jobs(f);
	f->free = f->jobs;
	while (shown < f->n) {
		while ((file = next(f)) != NULL) {
			if (!start(f, file, &f->counts[file - f->file])) {
				file_ended(f, file, 0);
				file->code = d2dimport_file(f->d, file->path, file->flags);
			}
		}
		if (find(f, RUNS))
			wait_for_some(f, &child);
		show_progress(f);
		print_outputs(f, &shown);
	}
	sigprocmask(SIG_UNBLOCK, &child, NULL);
	recover_killed(f);
}

int d2dimport_files(struct d2dimport *d, char **argv)
{
	struct files f = { .d = d, .code = EXIT_SUCCESS };
	struct stat st;
	unsigned i;

	for (; *argv; argv++) {
		if (stat(*argv, &st) == 0 && S_ISDIR(st.st_mode) && !is_layout(*argv))
			add_dir(&f, *argv);
		else
			add(&f, *argv, 0);
	}
	f.jobs = d->store && f.n > 1 ? d2d_store_jobs(d->store, 0) : 1;
	f.counts = f.jobs > 1 ? mmap(NULL, f.n * sizeof(*f.counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
		: MAP_FAILED;
	if (f.counts != MAP_FAILED)
		run_all(&f);
	for (i = 0; i < f.n; i++) {
		if (f.counts == MAP_FAILED)
			f.code |= d2dimport_file(d, f.file[i].path, f.file[i].flags);
		free(f.file[i].path);
		free(f.file[i].name);
	}
	free(f.file);
	return f.code;
}

/*
 * d2dunlock: lists, adds, changes and removes keys of a LUKS volume. Each change needs a key that fits, and the last
 * key is never removed by mistake.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_MANAGE) += d2dunlock_keys.o

#include "d2dunlock.h"

enum { TRIES = 3 };

bool d2dunlock_is_usable(struct unlock *u, int slot)
{
	crypt_keyslot_info status = crypt_keyslot_status(u->cd, slot);

	return status == CRYPT_SLOT_ACTIVE || status == CRYPT_SLOT_ACTIVE_LAST;
}

void d2dunlock_refuse_damaged(const struct unlock *u)
{
	int copies = d2d_luks_copies(u->dev);

	if (copies == (D2D_LUKS_FIRST | D2D_LUKS_SECOND) || (u->opt & OPT_FORCE))
		return;
	if (copies < 0)
		bb_error_msg_and_die("can't read '%s': %s", u->dev, strerror(-copies));
	bb_error_msg_and_die("the %s copy of the LUKS header of '%s' is damaged, nothing was changed: "
		"'d2dunlock repair %s' repairs it, and with -f both copies are rewritten",
		copies & D2D_LUKS_FIRST ? "second" : "first", u->dev, u->dev);
}

/* ---- asking ---- */

void d2dunlock_ask(const char *prompt, struct secret *s)
{
	int r;

	if (!isatty(STDIN_FILENO))
		bb_simple_error_msg_and_die("no terminal to ask on; -i takes passphrases from stdin");
	s->key = crypt_safe_alloc(PASSPHRASE_SIZE);
	if (!s->key)
		bb_die_memory_exhausted();
	r = d2d_ask(prompt, s->key, PASSPHRASE_SIZE, 0);
	if (r < 0) {
		crypt_safe_free(s->key);
		bb_error_msg_and_die("nothing was changed: %s", strerror(-r));
	}
	s->len = r;
}

/* Returns the key slot that a key opens, -EPERM if there is none; dies on any other error. */
static int slot_of(struct unlock *u, const struct secret *s)
{
	int r;

	u->said[0] = '\0';
	r = crypt_activate_by_passphrase(u->cd, NULL, CRYPT_ANY_SLOT, s->key, s->len, 0);
	if (r < 0 && r != -EPERM && d2dunlock_say_lacking(u))
		xfunc_die();
	if (r < 0 && r != -EPERM)
		bb_error_msg_and_die("can't try the key of '%s': %s", u->dev, d2dunlock_reason(u, r));
	return r;
}

int d2dunlock_current_key(struct unlock *u, struct secret *s)
{
	char *prompt;
	int i, slot = -EPERM;

	if (u->key_file || (u->opt & OPT_STDIN)) {
		s->key = u->key_file ? d2dunlock_read_file(u, u->key_file, &s->len) : d2dunlock_read_stdin(u, &s->len);
		if (s->key)
			slot = slot_of(u, s);
		if (s->key && slot < 0) {
			bb_error_msg("%s doesn't fit '%s'", u->key_file ? u->key_file : "the passphrase", u->dev);
			crypt_safe_free(s->key);
			s->key = NULL;
		}
		return slot;
	}

	prompt = xasprintf("Passphrase for %s (%s): ", u->dev, d2dunlock_label(u, "no label"));
	for (i = 0; slot < 0 && i < TRIES; i++) {
		d2dunlock_ask(prompt, s);
		slot = slot_of(u, s);
		if (slot < 0) {
			crypt_safe_free(s->key);
			s->key = NULL;
			bb_simple_error_msg("wrong passphrase");
		}
	}
	free(prompt);
	return slot;
}

void d2dunlock_new_key(struct unlock *u, struct secret *s)
{
	struct secret again;
	int i, same = 0;

	if (u->file) {
		s->key = d2dunlock_read_file(u, u->file, &s->len);
		if (!s->key)
			xfunc_die();
		return;
	}
	if (u->opt & OPT_STDIN) {
		s->key = d2dunlock_read_stdin(u, &s->len);
		if (!s->len)
			bb_simple_error_msg_and_die("stdin has no new passphrase");
		return;
	}
	for (i = 0; i < TRIES; i++) {
		d2dunlock_ask("New passphrase: ", s);
		d2dunlock_ask("Repeat the passphrase: ", &again);
		same = s->len == again.len && memcmp(s->key, again.key, s->len) == 0;
		crypt_safe_free(again.key);
		if (same)
			return;
		crypt_safe_free(s->key);
		bb_simple_error_msg("the two passphrases differ");
	}
	bb_simple_error_msg_and_die("nothing was changed");
}

/* ---- the verbs ---- */

/* Prints the parameters of a key derivation, and ends the line. */
static void print_kdf(const struct crypt_pbkdf_type *kdf)
{
	if (kdf->max_memory_kb)
		printf("%s, %u KiB, %u passes, %u threads\n", printable_string(kdf->type), kdf->max_memory_kb,
			kdf->iterations, kdf->parallel_threads);
	else
		printf("%s, %u iterations of %s\n", printable_string(kdf->type), kdf->iterations,
			printable_string(kdf->hash ? kdf->hash : "?"));
}

static void print_tokens(struct unlock *u)
{
	int i, slot, max = crypt_token_max(crypt_get_type(u->cd));
	const char *type;

	for (i = 0; i < max; i++) {
		if (crypt_token_status(u->cd, i, &type) <= CRYPT_TOKEN_INACTIVE)
			continue;
		printf("token %d: %s, key slot", i, printable_string(type));
		for (slot = 0; slot < crypt_keyslot_max(crypt_get_type(u->cd)); slot++)
			if (crypt_token_is_assigned(u->cd, i, slot) == 0)
				printf(" %d", slot);
		if (ENABLE_FEATURE_D2DUNLOCK_TPM)
			d2dunlock_print_tpm(u, i);
		bb_putchar('\n');
	}
}

int d2dunlock_list_keys(struct unlock *u)
{
	const char *type = crypt_get_type(u->cd);
	int slot, copies = d2d_luks_copies(u->dev);

	printf("%s: %s, UUID %s, label %s\n", u->dev, type, printable_string(crypt_get_uuid(u->cd)), d2dunlock_label(u, "-"));
	for (slot = 0; slot < crypt_keyslot_max(type); slot++) {
		struct crypt_pbkdf_type kdf;

		if (crypt_keyslot_status(u->cd, slot) == CRYPT_SLOT_UNBOUND)
			printf("key slot %d: unbound (doesn't hold the volume key)\n", slot);
		if (!d2dunlock_is_usable(u, slot))
			continue;
		printf("key slot %d: ", slot);
		if (crypt_keyslot_get_pbkdf(u->cd, slot, &kdf) == 0)
			print_kdf(&kdf);
		else
			puts("?");
	}
	print_tokens(u);
	if (copies != (D2D_LUKS_FIRST | D2D_LUKS_SECOND))
		printf("the %s copy of the header is damaged\n", copies & D2D_LUKS_FIRST ? "second" : "first");
	return EXIT_SUCCESS;
}

void d2dunlock_measure(struct unlock *u, struct crypt_pbkdf_type *kdf)
{
	int r;

	u->said[0] = '\0';
	r = d2d_luks_measure(u->cd, u->ms, kdf);
	if (r < 0)
		bb_error_msg_and_die("can't measure the key derivation: %s", d2dunlock_reason(u, r));
	printf("trying this key takes about %u ms here: ", u->ms);
	print_kdf(kdf);
	fflush_all();
}

/* Reports a change of a key slot once it is on the disk, and returns the exit status. Dies if the change has failed (R is
 * negative). */
static int result(const struct unlock *u, int r, const char *what, int slot)
{
	int fd = open(u->dev, O_RDONLY | O_CLOEXEC);

	if (r < 0)
		bb_error_msg_and_die("can't change the keys of '%s': %s", u->dev, d2dunlock_reason(u, r));
	if (fd < 0 || fsync(fd) != 0)
		bb_perror_msg_and_die("can't write '%s'", u->dev);
	close(fd);
	printf("%s: key slot %d %s\n", u->dev, slot, what);
	return EXIT_SUCCESS;
}

static int set_key(struct unlock *u, int change)
{
	struct secret old = { NULL, 0 }, new = { NULL, 0 };
	struct crypt_pbkdf_type kdf;
	int r, slot;

	d2dunlock_refuse_damaged(u);
	slot = d2dunlock_current_key(u, &old);
	if (slot < 0)
		return EXIT_NO_KEY;
	d2dunlock_new_key(u, &new);
	d2dunlock_measure(u, &kdf);
	u->said[0] = '\0';
	if (change)
		r = crypt_keyslot_change_by_passphrase(u->cd, slot, CRYPT_ANY_SLOT, old.key, old.len, new.key, new.len);
	else
		r = crypt_keyslot_add_by_passphrase(u->cd, CRYPT_ANY_SLOT, old.key, old.len, new.key, new.len);
	crypt_safe_free(old.key);
	crypt_safe_free(new.key);
	return result(u, r, change ? "has the new key" : "added", r);
}

int d2dunlock_add_key(struct unlock *u)
{
	return set_key(u, 0);
}

int d2dunlock_change_key(struct unlock *u)
{
	return set_key(u, 1);
}

int d2dunlock_remove_key(struct unlock *u)
{
	int i, slot, usable = 0, max = crypt_keyslot_max(crypt_get_type(u->cd));
	struct secret key = { NULL, 0 };

	d2dunlock_refuse_damaged(u);
	if ((u->opt & OPT_SLOT) && crypt_keyslot_status(u->cd, u->slot) <= CRYPT_SLOT_INACTIVE)
		bb_error_msg_and_die("'%s' has no key slot %u", u->dev, u->slot);
	slot = u->slot;
	/* Don't ask for a key if the removal of a numbered slot is forced: the user may have lost all keys. */
	if (!(u->opt & OPT_SLOT) || !(u->opt & OPT_FORCE)) {
		slot = d2dunlock_current_key(u, &key);
		crypt_safe_free(key.key);
		if (slot < 0)
			return EXIT_NO_KEY;
	}
	if ((u->opt & OPT_SLOT) && !(u->opt & OPT_FORCE)) {
		if (slot == (int)u->slot)
			bb_error_msg_and_die("this is the key of slot %d itself; give the key of another slot, or omit -s", slot);
		slot = u->slot;
	}

	/* A key that only the TPM has doesn't count: it is lost when the system or the machine changes. */
	for (i = 0; i < max; i++)
		if (i != slot && d2dunlock_is_usable(u, i) && !(ENABLE_FEATURE_D2DUNLOCK_TPM && d2dunlock_is_tpm_slot(u, i)))
			usable++;
	if (!usable && !(u->opt & OPT_FORCE))
		bb_error_msg_and_die("this is the last key of '%s': nothing could open the volume any more (-f removes it)",
			u->dev);
	u->said[0] = '\0';
	return result(u, crypt_keyslot_destroy(u->cd, slot), "removed", slot);
}

/*
 * Opens a TPM and exchanges commands and answers with it. Everything has a time limit, because a TPM that doesn't answer
 * must not stop the boot.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_FEATURE_D2DUNLOCK_TPM) += d2d_tpm_device.o

#include "d2d_tpm_private.h"

enum {
	HEADER = 10,		/* bytes: tag, length, code */
	ANSWER_MS = 60 * 1000,	/* slow TPMs take half a minute to make an RSA key */
};

int d2d_tpm_open(struct d2d_tpm *tpm, const char *device, char **why)
{
	if (!device)
		device = D2D_TPM_DEVICE;
	tpm->dead = false;
	/* Without O_NONBLOCK, write() would wait for the answer, without limit. */
	tpm->fd = open(device, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (tpm->fd >= 0)
		return 0;
	if (errno == ENOENT || errno == ENODEV || errno == ENXIO)
		return d2d_fail(D2D_TPM_NO_TPM, why, "this machine has no TPM 2.0 (%s)", device);
	return d2d_fail(-errno, why, "can't open '%s': %s", device, strerror(errno));
}

void d2d_tpm_close(struct d2d_tpm *tpm)
{
	if (tpm->fd >= 0)
		close(tpm->fd);
	tpm->fd = -1;
}

static int wait_for(struct d2d_tpm *tpm, short events, unsigned long long end)
{
	struct pollfd p = { tpm->fd, events, 0 };
	unsigned long long now = monotonic_ms();
	int r;

	if (now >= end)
		return -ETIMEDOUT;
	r = poll(&p, 1, end - now);
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	if (r == 0)
		return -ETIMEDOUT;
	return (p.revents & events) ? 0 : -EIO;
}

/* Reads or writes LEN bytes. */
static int move(struct d2d_tpm *tpm, uint8_t *data, size_t len, bool out, unsigned long long end)
{
	while (len) {
		int r = wait_for(tpm, out ? POLLOUT : POLLIN, end);
		ssize_t n;

		if (r < 0)
			return r;
		n = out ? write(tpm->fd, data, len) : read(tpm->fd, data, len);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EIO;
		if (n > 0) {
			data += n;
			len -= n;
		}
	}
	return 0;
}

/* Reads an answer: the kernel gives it in pieces, too. */
static int get_reply(struct d2d_tpm *tpm, struct d2d_tpm_buffer *reply, unsigned long long end)
{
	size_t len;
	int r = move(tpm, reply->data, HEADER, false, end);

	if (r < 0)
		return r;
	reply->len = HEADER;
	d2d_tpm_get16(reply);
	len = d2d_tpm_get32(reply);
	if (len < HEADER || len > sizeof(reply->data))
		return -EPROTO;
	reply->len = len;
	return move(tpm, reply->data + HEADER, len - HEADER, false, end);
}

int d2d_tpm_transmit(struct d2d_tpm *tpm, struct d2d_tpm_buffer *command, struct d2d_tpm_buffer *reply, uint32_t *code)
{
	unsigned long long end = monotonic_ms() + ANSWER_MS;
	uint32_t len = htonl(command->len);
	int r;

	*code = 0;
	reply->len = reply->at = 0;
	reply->bad = false;
	if (command->bad)
		return -EMSGSIZE;
	/* A TPM that doesn't answer is waited for only once. */
	if (tpm->dead)
		return -EIO;
	memcpy(command->data + 2, &len, sizeof(len));
	r = move(tpm, command->data, command->len, true, end);
	if (r == 0)
		r = get_reply(tpm, reply, end);
	if (r == 0)
		*code = d2d_tpm_get32(reply);
	tpm->dead = r < 0;
	return r;
}

/*
 * d2dswarm: whether the kernel has what networks of a swarm need. The engine finds this out only when the first container of such a
 * network starts, and then names a system call. So the same requests are made here, in a network namespace of their own, which ends
 * with the process.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DSWARM) += d2dswarm_kernel.o

#include "d2dswarm.h"
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <sched.h>

enum { KEY = 20, ICV_BITS = 64, REPLY = 8192 };

struct request {
	struct nlmsghdr head;
	char data[512];
};

/* Appends LEN bytes, aligned as netlink demands, and returns where they are. */
static void *append(struct request *r, const void *data, size_t len)
{
	void *place = (char *)r + NLMSG_ALIGN(r->head.nlmsg_len);

	if (data)
		memcpy(place, data, len);
	r->head.nlmsg_len = NLMSG_ALIGN(r->head.nlmsg_len) + len;
	return place;
}

static struct nlattr *append_attribute(struct request *r, unsigned type, const void *data, size_t len)
{
	struct nlattr head = { .nla_type = type, .nla_len = NLA_HDRLEN + len }, *place = append(r, &head, sizeof(head));

	if (len)
		append(r, data, len);
	return place;
}

/* Sends a request. Returns the kernel's answer, 0 or a negative errno. */
static int ask(int protocol, struct request *r)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), err = -EIO;
	struct { struct nlmsghdr head; struct nlmsgerr err; char rest[REPLY]; } reply;

	if (fd < 0)
		return -errno;
	r->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	if (send(fd, r, r->head.nlmsg_len, 0) < 0)
		err = -errno;
	else if (recv(fd, &reply, sizeof(reply), 0) >= (ssize_t)NLMSG_LENGTH(sizeof(reply.err)) && reply.head.nlmsg_type == NLMSG_ERROR)
		err = reply.err.error;
	close(fd);
	return err;
}

/* A kernel with VXLAN refuses a device without a network identifier as invalid, one without VXLAN as unknown. */
static bool has_vxlan(void)
{
	struct request r = { .head = { .nlmsg_type = RTM_NEWLINK, .nlmsg_len = NLMSG_HDRLEN } };
	struct ifinfomsg link = { .ifi_family = AF_UNSPEC };
	struct nlattr *info;

	append(&r, &link, sizeof(link));
	info = append_attribute(&r, IFLA_LINKINFO, NULL, 0);
	append_attribute(&r, IFLA_INFO_KIND, "vxlan", sizeof("vxlan"));
	info->nla_len = (char *)&r + r.head.nlmsg_len - (char *)info;
	return ask(NETLINK_ROUTE, &r) != -EOPNOTSUPP;
}

/* Adds the security association that the engine would add for a peer of an encrypted network. */
static bool has_esp(void)
{
	struct request r = { .head = { .nlmsg_type = XFRM_MSG_NEWSA, .nlmsg_len = NLMSG_HDRLEN } };
	struct xfrm_usersa_info sa = {
		.id = { .daddr.a4 = htonl(0xc0000202), .spi = htonl(0x100), .proto = IPPROTO_ESP },
		.saddr.a4 = htonl(0xc0000201),
		.lft = { XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0 },
		.reqid = 1,
		.family = AF_INET,
		.mode = XFRM_MODE_TRANSPORT,
	};
	struct { struct xfrm_algo_aead a; char key[KEY]; } aead = { .a = { .alg_key_len = 8 * KEY, .alg_icv_len = ICV_BITS } };

	strcpy(aead.a.alg_name, "rfc4106(gcm(aes))");
	append(&r, &sa, sizeof(sa));
	append_attribute(&r, XFRMA_ALG_AEAD, &aead, sizeof(aead.a) + KEY);
	return ask(NETLINK_XFRM, &r) == 0;
}

static bool has_ipvs(void)
{
	static const char *const load[] = { "modprobe", "-q", "ip_vs", NULL };

	if (access("/proc/net/ip_vs", F_OK) == 0)
		return true;
	if (access("/lib/modules", F_OK) < 0)
		return false;
	spawn_and_wait((char **)load);
	return access("/proc/net/ip_vs", F_OK) == 0;
}

int d2dswarm_kernel(void)
{
	int status, missing = has_ipvs() ? 0 : D2DSWARM_NO_IPVS;
	pid_t child;

	fflush_all();
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0) {
		if (unshare(CLONE_NEWNET) < 0)
			_exit(errno == EPERM ? 255 : 254);
		_exit((has_vxlan() ? 0 : D2DSWARM_NO_VXLAN) | (has_esp() ? 0 : D2DSWARM_NO_ESP));
	}
	if (safe_waitpid(child, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) >= 254)
		return -EPERM;
	return missing | WEXITSTATUS(status);
}

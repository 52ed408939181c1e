/*
 * d2ddisplay: how the two containers of a display are run. The server has the devices and nothing of the network; the application
 * has a socket, a cookie, and neither capabilities nor devices.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_container.o

#include <json-c/json.h>
#include "d2ddisplay.h"

#define COOKIE "/run/d2d-cookie"	/* in the application's container */

char *d2ddisplay_server_name(const struct d2ddisplay *d)
{
	return xasprintf("display-%s-x", d->name);
}

char *d2ddisplay_client_name(const struct d2ddisplay *d)
{
	return xasprintf("display-%s", d->name);
}

static void add(struct json_object *array, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(struct json_object *array, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = d2d_vformat(format, args);
	va_end(args);
	json_object_array_add(array, json_object_new_string(text));
	free(text);
}

static void set(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

static struct json_object *array_of(struct json_object *o, const char *key)
{
	struct json_object *array = json_object_new_array();

	json_object_object_add(o, key, array);
	return array;
}

static void set_user(struct json_object *config)
{
	char *text = xasprintf("%u:%u", D2DDISPLAY_USER, D2DDISPLAY_USER);

	set(config, "User", text);
	free(text);
}

static struct json_object *object_of(struct json_object *o, const char *key)
{
	struct json_object *value = json_object_new_object();

	json_object_object_add(o, key, value);
	return value;
}

struct json_object *d2ddisplay_host(struct json_object *config, const char *of, const char *const *capabilities)
{
	struct json_object *host = json_object_new_object(), *log, *list;

	set(object_of(config, "Labels"), D2DDISPLAY_LABEL"-of", of);
	add(array_of(host, "CapDrop"), "ALL");
	list = array_of(host, "CapAdd");
	for (; *capabilities; capabilities++)
		add(list, "%s", *capabilities);
	add(array_of(host, "SecurityOpt"), "no-new-privileges");
	set(object_of(host, "RestartPolicy"), "Name", "no");
	log = object_of(host, "LogConfig");
	set(log, "Type", "json-file");
	log = object_of(log, "Config");
	set(log, "max-size", "1m");
	set(log, "max-file", "1");
	json_object_object_add(config, "HostConfig", host);
	return host;
}

static void add_device(struct json_object *devices, const char *path)
{
	struct json_object *device = json_object_new_object();

	set(device, "PathOnHost", path);
	set(device, "PathInContainer", path);
	set(device, "CgroupPermissions", "rw");
	json_object_array_add(devices, device);
}

/* Returns the configuration of a server's container as far as it is the same on a terminal and in a window. */
static struct json_object *server_host(struct json_object *config, const struct d2ddisplay *d, const char *id,
		const char *const *capabilities)
{
	struct json_object *host, *list;

	set(config, "Image", id);
	host = d2ddisplay_host(config, d->name, capabilities);
	set(host, "NetworkMode", "none");
	set(host, "IpcMode", "shareable");
	json_object_object_add(host, "ReadonlyRootfs", json_object_new_boolean(true));
	list = object_of(host, "Tmpfs");
	set(list, "/tmp", "mode=1777");
	set(list, "/run", "mode=755");
	return host;
}

/* An X server that is a window on another display: it has no devices, and of the machine only the other one's socket and cookie. */
static struct json_object *window_server(const struct d2ddisplay *d, const char *id)
{
	static const char *const capabilities[] = { NULL };
	struct json_object *config = json_object_new_object(), *host, *list;

	set_user(config);
	list = array_of(config, "Env");
	add(list, "WINDOW=%s", d->name);
	host = server_host(config, d, id, capabilities);
	list = array_of(host, "Binds");
	add(list, "%s"D2DDISPLAY_DIR"/%s/sock:/d2d/desktop:ro", d->root, d->on);
	add(list, "%s"D2DDISPLAY_DIR"/%s/cookie:/d2d/desktop-cookie:ro", d->root, d->on);
	add(list, "%s/cookie:/d2d/in/cookie:ro", d->dir);
	add(list, "%s/sock:/tmp/.X11-unix", d->dir);
	return config;
}

static struct json_object *terminal_server(const struct d2ddisplay *d, const char *id)
{
	/* For the ioctls of its terminal; and for udevd, which passes uevents on by netlink, in the container's own network namespace. */
	static const char *const capabilities[] = { "SYS_TTY_CONFIG", "NET_ADMIN", NULL };
	struct json_object *config = json_object_new_object(), *host, *list;
	char *card = xasprintf("%s/dev/dri/card0", d->root), *layout = d2ddisplay_layout(d->root), *tty, *screen;

	d2ddisplay_screen(d->root, &screen);
	list = array_of(config, "Env");
	add(list, "VT=%u", d->vt);
	add(list, "LAYOUT=%s", layout);
	add(list, "LOCK=%s", d->wish.lock ? "true" : "false");
	add(list, "CURSOR=%s", d->wish.no_cursor ? "no" : "yes");
	add(list, "BLANK=%u", d->wish.blank);
	if (screen)
		add(list, "SCREEN=%s", screen);
	host = server_host(config, d, id, capabilities);
	list = array_of(host, "Devices");
	add_device(list, "/dev/tty0");
	tty = xasprintf("/dev/tty%u", d->vt);
	add_device(list, tty);
	add_device(list, access(card, F_OK) == 0 ? "/dev/dri/card0" : "/dev/fb0");
	/* Input devices that are plugged in later, too. */
	add(array_of(host, "DeviceCgroupRules"), "c 13:* rw");
	list = array_of(host, "Binds");
	add(list, "/dev/input:/dev/input");
	add(list, "%s/in:/d2d/in:ro", d->dir);
	add(list, "%s/out:/d2d/out", d->dir);
	add(list, "%s/sock:/tmp/.X11-unix", d->dir);
	free(tty);
	free(layout);
	free(screen);
	free(card);
	return config;
}

struct json_object *d2ddisplay_server(const struct d2ddisplay *d, const char *id)
{
	return d->on ? window_server(d, id) : terminal_server(d, id);
}

struct json_object *d2ddisplay_client(const struct d2ddisplay *d, struct json_object *image, const char *server)
{
	static const char *const capabilities[] = { NULL };
	struct json_object *config = json_object_new_object(), *host, *list;
	char *text;

	set(config, "Image", d2d_json_text(image, "Id") ?: "");
	set_user(config);
	if (d2d_json_length(d->args))
		json_object_object_add(config, "Cmd", json_object_get(d->args));
	list = array_of(config, "Env");
	add(list, "DISPLAY=:0");
	add(list, "XAUTHORITY=%s", COOKIE);
	if (d->wish.sound)
		add(list, "PULSE_SERVER=unix:"D2DDISPLAY_HEARD"/native");
	host = d2ddisplay_host(config, d->name, capabilities);
	if (d->wish.offline)
		set(host, "NetworkMode", "none");
	/* Its own X server's, for images in shared memory. */
	text = xasprintf("container:%s", server);
	set(host, "IpcMode", text);
	free(text);
	json_object_object_add(host, "Init", json_object_new_boolean(true));
	list = array_of(host, "Binds");
	add(list, "%s/sock:/tmp/.X11-unix:ro", d->dir);
	add(list, "%s/cookie:%s:ro", d->dir, COOKIE);
	if (d->wish.sound)
		add(list, "%s/sound/out:"D2DDISPLAY_HEARD":ro", d->dir);
	d2ddisplay_shares(d, image, list);
	if (d->wish.nested)
		d2ddisplay_nested(d, host);
	return config;
}

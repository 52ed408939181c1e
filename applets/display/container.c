/*
 * d2ddisplay: how the two containers of a display are run. The server has the devices and nothing of the network; the application
 * has a socket, a cookie, and neither capabilities nor devices.
 *
 * Licensed under GPLv2, see file LICENSE in this source tree.
 */
//kbuild:lib-$(CONFIG_D2DDISPLAY) += d2ddisplay_container.o

#include <json-c/json.h>
#include "d2ddisplay.h"

enum {
	USUAL_DPI = 96, ROUNDING = 24,	/* from 168 on, the scale is 2 */
	VIEWER_TRIES = 5,
};

#define COOKIE "/run/d2d-cookie"	/* in the application's container */

char *d2ddisplay_server_name(const struct d2ddisplay *d)
{
	return xasprintf("display-%s-x", d->name);
}

char *d2ddisplay_client_name(const struct d2ddisplay *d)
{
	return xasprintf("display-%s", d->name);
}

char *d2ddisplay_viewer_name(const struct d2ddisplay *d)
{
	return xasprintf("display-%s-vnc", d->name);
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
	char *device = d2ddisplay_screen_device(d->root), *layout = d2ddisplay_layout(d->root), *tty, *screen;
	unsigned dpi = d2ddisplay_screen(d->root, &screen);

	list = array_of(config, "Env");
	add(list, "VT=%u", d->vt);
	add(list, "LAYOUT=%s", layout);
	add(list, "LOCK=%s", d->wish.lock ? "true" : "false");
	add(list, "CURSOR=%s", d->wish.no_cursor ? "no" : "yes");
	add(list, "BLANK=%u", d->wish.blank);
	if (screen)
		add(list, "SCREEN=%s", screen);
	if (dpi)
		add(list, "DPI=%u", dpi);
	host = server_host(config, d, id, capabilities);
	list = array_of(host, "Devices");
	add_device(list, "/dev/tty0");
	tty = xasprintf("/dev/tty%u", d->vt);
	add_device(list, tty);
	add_device(list, device ?: "/dev/fb0");
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
	free(device);
	return config;
}

struct json_object *d2ddisplay_server(const struct d2ddisplay *d, const char *id)
{
	return d->on ? window_server(d, id) : terminal_server(d, id);
}

/* Returns the configuration of a container that draws on an X server, SERVER: it has the server's socket and cookie, and shares memory
 * with it, for images. */
static struct json_object *on_server(const struct d2ddisplay *d, struct json_object *image, const char *server, struct json_object **host)
{
	static const char *const capabilities[] = { NULL };
	struct json_object *config = json_object_new_object(), *list;
	char *text = xasprintf("container:%s", server);

	set(config, "Image", d2d_json_text(image, "Id") ?: "");
	set_user(config);
	list = array_of(config, "Env");
	add(list, "DISPLAY=:0");
	add(list, "XAUTHORITY=%s", COOKIE);
	*host = d2ddisplay_host(config, d->name, capabilities);
	set(*host, "IpcMode", text);
	free(text);
	json_object_object_add(*host, "Init", json_object_new_boolean(true));
	list = array_of(*host, "Binds");
	add(list, "%s/sock:/tmp/.X11-unix:ro", d->dir);
	add(list, "%s/cookie:%s:ro", d->dir, COOKIE);
	return config;
}

struct json_object *d2ddisplay_client(const struct d2ddisplay *d, struct json_object *image, const char *server)
{
	struct json_object *host, *list, *config = on_server(d, image, server, &host);
	char *screen;
	unsigned scale = (d2ddisplay_screen(d->root, &screen) + ROUNDING) / USUAL_DPI;

	free(screen);
	/* On a screen with small pixels GTK has to be told to draw all things larger. Other programs ask X for the size of a pixel. */
	if (!d->on && scale > 1)
		add(json_object_object_get(config, "Env"), "GDK_SCALE=%u", scale);
	if (d2d_json_length(d->args))
		json_object_object_add(config, "Cmd", json_object_get(d->args));
	if (d->wish.offline)
		set(host, "NetworkMode", "none");
	list = json_object_object_get(host, "Binds");
	if (d->wish.sound) {
		add(json_object_object_get(config, "Env"), "PULSE_SERVER=unix:"D2DDISPLAY_HEARD"/native");
		add(list, "%s/sound/out:"D2DDISPLAY_HEARD":ro", d->dir);
	}
	d2ddisplay_shares(d, image, list);
	if (d->commands)
		add(list, "%s/"D2DDISPLAY_COMMANDS":/run/d2d-commands:ro", d->dir);
	if (d->wish.nested)
		d2ddisplay_nested(d, host);
	return config;
}

struct json_object *d2ddisplay_viewer(const struct d2ddisplay *d, struct json_object *image, const char *server, bool look)
{
	struct json_object *host, *config = on_server(d, image, server, &host), *list = array_of(config, "Cmd"), *restart;

	add(list, "/usr/bin/share");
	if (look)
		add(list, "look");
	set(host, "NetworkMode", "none");
	json_object_object_add(host, "ReadonlyRootfs", json_object_new_boolean(true));
	add(json_object_object_get(host, "Binds"), "%s/share:/d2d/out", d->dir);
	/* Its end doesn't end the display, so nobody else would start it again. */
	restart = object_of(host, "RestartPolicy");
	set(restart, "Name", "on-failure");
	json_object_object_add(restart, "MaximumRetryCount", json_object_new_int(VIEWER_TRIES));
	return config;
}

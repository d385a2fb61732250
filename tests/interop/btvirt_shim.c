/*
 * Lets Debian's unmodified btvirt 5.66 (emulated Bluetooth controllers) run in a test: preloaded, it puts btvirt's
 * sockets, which have fixed names in /tmp, into the folder BTVIRT_FOLDER; where the kernel offers no AF_ALG, without
 * which btvirt emulates no LE controller, gives it a socket that does nothing, as nothing here asks a controller for
 * encryption; and keeps btvirt alive when a host is killed, whom it would write one more event to (SIGPIPE).
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define PREFIX "/tmp/bt-server-"

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void outlive_hosts(void)
{
	signal(SIGPIPE, SIG_IGN);
}

/* Where btvirt's socket shall be, if this is its path. */
static const char *moved(const char *path, char *out, size_t size)
{
	const char *folder = getenv("BTVIRT_FOLDER");
	if (!folder || strncmp(path, PREFIX, strlen(PREFIX)) != 0)
		return path;
	snprintf(out, size, "%s/%s", folder, path + strlen(PREFIX));
	return out;
}

int socket(int domain, int type, int protocol)
{
	int (*call)(int, int, int) = (int (*)(int, int, int))real("socket");
	const int fd = call(domain, type, protocol);
	return fd < 0 && domain == AF_ALG ? call(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : fd;
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
	int (*call)(int, const struct sockaddr *,
		    socklen_t) = (int (*)(int, const struct sockaddr *, socklen_t))real("bind");
	struct sockaddr_un changed;
	if (address->sa_family == AF_ALG)
		return 0;
	if (address->sa_family != AF_UNIX || len > sizeof changed)
		return call(fd, address, len);
	memset(&changed, 0, sizeof changed);
	memcpy(&changed, address, len);
	char path[sizeof changed.sun_path];
	const char *at = moved(changed.sun_path, path, sizeof path);
	if (at != changed.sun_path)
		strcpy(changed.sun_path, at);
	return call(fd, (const struct sockaddr *)&changed, sizeof changed);
}

int unlink(const char *path)
{
	int (*call)(const char *) = (int (*)(const char *))real("unlink");
	char out[sizeof(((struct sockaddr_un *)0)->sun_path)];
	return call(moved(path, out, sizeof out));
}

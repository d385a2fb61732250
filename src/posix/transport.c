/*
 * Opening the ways to a controller; what fails is said in one line that tells what to do.
 */
#include "posix/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* From the kernel's interface, which no header of the C library has. */
#define BLUETOOTH_FAMILY 31
#define BLUETOOTH_PROTOCOL_HCI 1
#define HCI_CHANNEL_USER 1
struct hci_address {
	unsigned short family, device, channel;
};

static const struct {
	unsigned baud;
	speed_t speed;
} SPEEDS[] = {{9600, B9600},       {19200, B19200},     {38400, B38400},    {57600, B57600},
	      {115200, B115200},   {230400, B230400},   {460800, B460800},  {921600, B921600},
	      {1000000, B1000000}, {2000000, B2000000}, {3000000, B3000000}};

static bool number_of(const char *text, unsigned long max, unsigned *value)
{
	char *end;
	errno = 0;
	const unsigned long number = strtoul(text, &end, 10);
	*value = (unsigned)number;
	return text[0] >= '0' && text[0] <= '9' && *end == 0 && errno == 0 && number <= max;
}

static bool copy(char *out, size_t size, const char *text, size_t len)
{
	if (len == 0 || len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = 0;
	return true;
}

static bool speed_of(unsigned baud, speed_t *speed)
{
	for (size_t i = 0; i < BM_ARRAY_LEN(SPEEDS); i++)
		if (SPEEDS[i].baud == baud) {
			*speed = SPEEDS[i].speed;
			return true;
		}
	return false;
}

/* PATH[:BAUD]; a path may have a colon in it that no number follows. */
static bool parse_serial(const char *text, struct bm_transport *transport, char *error, size_t error_len)
{
	const char *colon = strrchr(text, ':');
	size_t len = strlen(text);
	speed_t speed;
	transport->kind = BM_TRANSPORT_H4;
	transport->baud = BM_TRANSPORT_BAUD_DEFAULT;
	if (colon && number_of(colon + 1, 100000000, &transport->baud)) {
		len = (size_t)(colon - text);
		if (!speed_of(transport->baud, &speed)) {
			snprintf(error, error_len, "%s is no speed of a serial port (such as 115200 or 1000000)",
				 colon + 1);
			return false;
		}
	} else {
		transport->baud = BM_TRANSPORT_BAUD_DEFAULT;
	}
	snprintf(error, error_len, "expected h4:PATH or h4:PATH:BAUD, such as h4:/dev/ttyACM0:1000000");
	return copy(transport->path, sizeof transport->path, text, len);
}

static bool parse_tcp(const char *text, struct bm_transport *transport, char *error, size_t error_len)
{
	const char *colon = strrchr(text, ':');
	unsigned port;
	transport->kind = BM_TRANSPORT_TCP;
	snprintf(error, error_len, "expected tcp:HOST:PORT");
	if (!colon || !number_of(colon + 1, 65535, &port) || port == 0)
		return false;
	size_t len = (size_t)(colon - text);
	if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
		text++; /* an IPv6 address */
		len -= 2;
	}
	return copy(transport->path, sizeof transport->path, text, len) &&
	       copy(transport->port, sizeof transport->port, colon + 1, strlen(colon + 1));
}

bool bm_transport_parse(const char *text, struct bm_transport *transport, char *error, size_t error_len)
{
	*transport = (struct bm_transport){0};
	if (strncmp(text, "h4:", 3) == 0)
		return parse_serial(text + 3, transport, error, error_len);
	if (strncmp(text, "tcp:", 4) == 0)
		return parse_tcp(text + 4, transport, error, error_len);
	if (strncmp(text, "unix:", 5) == 0) {
		transport->kind = BM_TRANSPORT_UNIX;
		snprintf(error, error_len, "expected unix:PATH, a path of up to %zu octets",
			 sizeof transport->path - 1);
		return copy(transport->path, sizeof transport->path, text + 5, strlen(text + 5));
	}
	transport->kind = BM_TRANSPORT_HCI;
	snprintf(error, error_len, "expected air[:NAME], hciN, h4:PATH[:BAUD], unix:PATH or tcp:HOST:PORT");
	return strncmp(text, "hci", 3) == 0 && number_of(text + 3, 65534, &transport->number);
}

static void say_hci(const struct bm_transport *transport, char *error, size_t error_len)
{
	const unsigned n = transport->number;
	switch (errno) {
	case EPERM:
	case EACCES:
		snprintf(error, error_len,
			 "not permitted: it takes root or CAP_NET_ADMIN (sudo setcap "
			 "cap_net_admin+ep on the program)");
		break;
	case EBUSY:
	case EALREADY:
	case EUSERS:
		snprintf(error, error_len, "the controller is in use: systemctl stop bluetooth; hciconfig hci%u down",
			 n);
		break;
	case ENODEV:
		snprintf(error, error_len, "there is no controller hci%u (hciconfig -a lists them)", n);
		break;
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
		snprintf(error, error_len, "this kernel has no Bluetooth (modprobe bluetooth)");
		break;
	default:
		snprintf(error, error_len, "%s", strerror(errno));
	}
}

static int open_hci(const struct bm_transport *transport, char *error, size_t error_len)
{
	const struct hci_address address = {BLUETOOTH_FAMILY, (unsigned short)transport->number, HCI_CHANNEL_USER};
	const int fd = socket(BLUETOOTH_FAMILY, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, BLUETOOTH_PROTOCOL_HCI);
	if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	say_hci(transport, error, error_len);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int open_serial(const struct bm_transport *transport, char *error, size_t error_len)
{
	const int fd = open(transport->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios termios;
	speed_t speed = B1000000;
	if (fd < 0 && errno == EACCES) {
		snprintf(error, error_len, "%s: not permitted: join the group that owns it (usermod -aG dialout USER)",
			 transport->path);
		return -1;
	}
	if (fd < 0 || tcgetattr(fd, &termios) != 0) {
		snprintf(error, error_len, "%s: %s", transport->path,
			 fd >= 0 && errno == ENOTTY ? "is no serial port" : strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	(void)speed_of(transport->baud, &speed);
	cfmakeraw(&termios);
	termios.c_cflag |= CLOCAL | CREAD;
	termios.c_cflag |= CRTSCTS; /* Core Vol 4 Part A 4: H4 takes flow control by RTS and CTS */
	cfsetspeed(&termios, speed);
	if (tcsetattr(fd, TCSANOW, &termios) != 0 || tcflush(fd, TCIOFLUSH) != 0) {
		snprintf(error, error_len, "%s: %s", transport->path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

static int open_unix(const struct bm_transport *transport, char *error, size_t error_len)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	memcpy(address.sun_path, transport->path, sizeof address.sun_path);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	snprintf(error, error_len, "%s: %s", transport->path,
		 errno == ECONNREFUSED ? "nobody listens there: is the emulator running?" : strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int64_t now_ms(void)
{
	struct timespec now = {0};
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* True: it can be written to, or has failed. A signal does not shorten the time. */
static bool wait_writable(int fd, int wait_ms)
{
	const int64_t until = now_ms() + wait_ms;
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	for (;;) {
		const int64_t left = until - now_ms();
		const int ready = poll(&wait, 1, left > 0 ? (int)left : 0);
		if (ready >= 0 || errno != EINTR)
			return ready > 0;
	}
}

static bool connect_tcp(int fd, const struct sockaddr *addr, socklen_t addr_len, int wait_ms)
{
	int failed = 0;
	socklen_t len = sizeof failed;
	if (connect(fd, addr, addr_len) == 0)
		return true;
	if (errno != EINPROGRESS && errno != EINTR)
		return false;
	if (!wait_writable(fd, wait_ms)) {
		errno = ETIMEDOUT;
		return false;
	}
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) != 0)
		return false;
	errno = failed;
	return failed == 0;
}

static bool resolve(struct bm_transport *transport, char *error, size_t error_len)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *infos = NULL;
	if (transport->addr_count > 0)
		return true;
	const int failed = getaddrinfo(transport->path, transport->port, &hints, &infos);
	if (failed) {
		snprintf(error, error_len, "%s: %s", transport->path, gai_strerror(failed));
		return false;
	}
	for (const struct addrinfo *info = infos; info && transport->addr_count < BM_TRANSPORT_ADDRS;
	     info = info->ai_next) {
		if (info->ai_addrlen > sizeof transport->addrs[0].addr)
			continue;
		memcpy(&transport->addrs[transport->addr_count].addr, info->ai_addr, info->ai_addrlen);
		transport->addrs[transport->addr_count++].len = info->ai_addrlen;
	}
	freeaddrinfo(infos);
	return true;
}

static int open_tcp(struct bm_transport *transport, int wait_ms, char *error, size_t error_len)
{
	int fd = -1;
	if (!resolve(transport, error, error_len))
		return -1;
	for (size_t i = 0; i < transport->addr_count && fd < 0; i++) {
		const struct sockaddr *addr = (const struct sockaddr *)&transport->addrs[i].addr;
		fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (fd < 0 || connect_tcp(fd, addr, transport->addrs[i].len, wait_ms))
			continue;
		const int why = errno;
		close(fd);
		errno = why;
		fd = -1;
	}
	if (fd < 0)
		snprintf(error, error_len, "%s port %s: %s", transport->path, transport->port, strerror(errno));
	else
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	return fd;
}

int bm_transport_open(struct bm_transport *transport, int wait_ms, char *error, size_t error_len)
{
	switch (transport->kind) {
	case BM_TRANSPORT_HCI:
		return open_hci(transport, error, error_len);
	case BM_TRANSPORT_H4:
		return open_serial(transport, error, error_len);
	case BM_TRANSPORT_UNIX:
		return open_unix(transport, error, error_len);
	case BM_TRANSPORT_TCP:
	default:
		return open_tcp(transport, wait_ms, error, error_len);
	}
}

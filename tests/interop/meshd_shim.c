/*
 * Lets Debian's unmodified bluetooth-meshd 5.66 run in a test: preloaded, it stands in front of two things.
 *
 * Crypto: meshd takes AES from the kernel (AF_ALG) through libell's l_cipher, l_checksum and l_aead_cipher. Where the
 * kernel offers none, meshd idles; so these calls are answered here, by mbedTLS. libell's types are opaque to meshd.
 *
 * Unit io: with "--io unit:PATH" meshd speaks over a datagram socket, which 5.66 never connects, whose datagrams it
 * reads one octet too long, and of which it drops those of nine octets or less, PB-ADV acknowledgments among them.
 * The socket that is bound to MESHD_UNIT_SOCKET sends to MESHD_UNIT_PEER, and is read as meshd should have.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <mbedtls/aes.h>
#include <mbedtls/ccm.h>
#include <mbedtls/cipher.h>
#include <mbedtls/cmac.h>

#define AES_KEY_LEN 16u
#define AES_BLOCK_LEN 16u
#define ELL_CIPHER_AES 0
#define ELL_AEAD_CIPHER_AES_CCM 0

/* libell's functions, as meshd calls them. */
void *l_cipher_new(int type, const void *key, size_t key_len);
void l_cipher_free(void *cipher);
bool l_cipher_encrypt(void *cipher, const void *in, void *out, size_t len);
void *l_checksum_new_cmac_aes(const void *key, size_t key_len);
void l_checksum_free(void *checksum);
bool l_checksum_update(void *checksum, const void *data, size_t len);
ssize_t l_checksum_get_digest(void *checksum, void *digest, size_t len);
void *l_aead_cipher_new(int type, const void *key, size_t key_len, size_t tag_len);
void l_aead_cipher_free(void *aead);
bool l_aead_cipher_encrypt(void *aead, const void *in, size_t in_len, const void *ad, size_t ad_len, const void *nonce,
			   size_t nonce_len, void *out, size_t out_len);
bool l_aead_cipher_decrypt(void *aead, const void *in, size_t in_len, const void *ad, size_t ad_len, const void *nonce,
			   size_t nonce_len, void *out, size_t out_len);

void *l_cipher_new(int type, const void *key, size_t key_len)
{
	if (type != ELL_CIPHER_AES || key_len != AES_KEY_LEN)
		return NULL;
	mbedtls_aes_context *aes = calloc(1, sizeof *aes);
	if (!aes)
		return NULL;
	mbedtls_aes_init(aes);
	mbedtls_aes_setkey_enc(aes, key, AES_KEY_LEN * 8);
	return aes;
}

void l_cipher_free(void *cipher)
{
	if (cipher)
		mbedtls_aes_free(cipher);
	free(cipher);
}

bool l_cipher_encrypt(void *cipher, const void *in, void *out, size_t len)
{
	const unsigned char *from = in;
	unsigned char *to = out;
	if (len % AES_BLOCK_LEN != 0)
		return false;
	for (size_t at = 0; at < len; at += AES_BLOCK_LEN)
		if (mbedtls_aes_crypt_ecb(cipher, MBEDTLS_AES_ENCRYPT, from + at, to + at) != 0)
			return false;
	return true;
}

void *l_checksum_new_cmac_aes(const void *key, size_t key_len)
{
	mbedtls_cipher_context_t *cmac = calloc(1, sizeof *cmac);
	if (!cmac)
		return NULL;
	mbedtls_cipher_init(cmac);
	if (key_len == AES_KEY_LEN &&
	    mbedtls_cipher_setup(cmac, mbedtls_cipher_info_from_type(MBEDTLS_CIPHER_AES_128_ECB)) == 0 &&
	    mbedtls_cipher_cmac_starts(cmac, key, AES_KEY_LEN * 8) == 0)
		return cmac;
	l_checksum_free(cmac);
	return NULL;
}

void l_checksum_free(void *checksum)
{
	if (checksum)
		mbedtls_cipher_free(checksum);
	free(checksum);
}

bool l_checksum_update(void *checksum, const void *data, size_t len)
{
	return mbedtls_cipher_cmac_update(checksum, data, len) == 0;
}

ssize_t l_checksum_get_digest(void *checksum, void *digest, size_t len)
{
	unsigned char mac[AES_BLOCK_LEN];
	if (mbedtls_cipher_cmac_finish(checksum, mac) != 0 || mbedtls_cipher_cmac_reset(checksum) != 0)
		return -EIO;
	if (len > sizeof mac)
		len = sizeof mac;
	memcpy(digest, mac, len);
	return (ssize_t)len;
}

struct aead {
	mbedtls_ccm_context ccm;
	size_t tag_len;
};

void *l_aead_cipher_new(int type, const void *key, size_t key_len, size_t tag_len)
{
	if (type != ELL_AEAD_CIPHER_AES_CCM || key_len != AES_KEY_LEN)
		return NULL;
	struct aead *aead = calloc(1, sizeof *aead);
	if (!aead)
		return NULL;
	aead->tag_len = tag_len;
	mbedtls_ccm_init(&aead->ccm);
	mbedtls_ccm_setkey(&aead->ccm, MBEDTLS_CIPHER_ID_AES, key, AES_KEY_LEN * 8);
	return aead;
}

void l_aead_cipher_free(void *aead)
{
	if (aead)
		mbedtls_ccm_free(&((struct aead *)aead)->ccm);
	free(aead);
}

bool l_aead_cipher_encrypt(void *aead, const void *in, size_t in_len, const void *ad, size_t ad_len, const void *nonce,
			   size_t nonce_len, void *out, size_t out_len)
{
	struct aead *a = aead;
	if (out_len < in_len + a->tag_len)
		return false;
	/* In place is allowed by meshd's use; the tag follows the text. */
	return mbedtls_ccm_encrypt_and_tag(&a->ccm, in_len, nonce, nonce_len, ad, ad_len, in, out,
					   (unsigned char *)out + in_len, a->tag_len) == 0;
}

bool l_aead_cipher_decrypt(void *aead, const void *in, size_t in_len, const void *ad, size_t ad_len, const void *nonce,
			   size_t nonce_len, void *out, size_t out_len)
{
	struct aead *a = aead;
	if (in_len < a->tag_len || out_len < in_len - a->tag_len)
		return false;
	const size_t text_len = in_len - a->tag_len;
	return mbedtls_ccm_auth_decrypt(&a->ccm, text_len, nonce, nonce_len, ad, ad_len, in, out,
					(const unsigned char *)in + text_len, a->tag_len) == 0;
}

/* The unit io's socket, once it is bound. */
static int unit_fd = -1;

static void *next_symbol(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);
	if (!symbol)
		abort();
	return symbol;
}

int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t) = next_symbol("bind");
	const int result = real(fd, addr, len);
	const char *path = getenv("MESHD_UNIT_SOCKET");
	if (result == 0 && path && addr->sa_family == AF_UNIX) {
		const struct sockaddr_un *un = (const struct sockaddr_un *)addr;
		const size_t path_len = len - offsetof(struct sockaddr_un, sun_path);
		if (strlen(path) <= path_len && strncmp(un->sun_path, path, strlen(path)) == 0)
			unit_fd = fd;
	}
	return result;
}

ssize_t send(int fd, const void *octets, size_t len, int flags)
{
	ssize_t (*real)(int, const void *, size_t, int) = next_symbol("send");
	const char *path = getenv("MESHD_UNIT_PEER");
	if (fd < 0 || fd != unit_fd || !path)
		return real(fd, octets, len, flags);
	struct sockaddr_un peer = {.sun_family = AF_UNIX};
	strncpy(peer.sun_path, path, sizeof peer.sun_path - 1);
	return sendto(fd, octets, len, flags, (const struct sockaddr *)&peer, sizeof peer);
}

ssize_t recv(int fd, void *octets, size_t len, int flags)
{
	enum { SHORTEST_TAKEN = 10 };
	ssize_t (*real)(int, void *, size_t, int) = next_symbol("recv");
	const ssize_t got = real(fd, octets, len, flags);
	if (fd < 0 || fd != unit_fd || got < 2 || len <= SHORTEST_TAKEN)
		return got;
	/* meshd takes what is returned for the length of what follows the first octet. */
	if (got > SHORTEST_TAKEN)
		return got - 1;
	memset((unsigned char *)octets + got, 0, SHORTEST_TAKEN + 1 - (size_t)got);
	return SHORTEST_TAKEN;
}

/*
 * The Attribute Protocol's numbers (Bluetooth Core Vol 3 Part F 3.4.8), and what its two sides share.
 */
#ifndef BM_HOST_ATT_H
#define BM_HOST_ATT_H

#include "host/host_parts.h"

enum bm_att_opcode {
	BM_ATT_ERROR = 0x01,
	BM_ATT_MTU_REQUEST = 0x02,
	BM_ATT_MTU_RESPONSE = 0x03,
	BM_ATT_FIND_INFORMATION_REQUEST = 0x04,
	BM_ATT_FIND_INFORMATION_RESPONSE = 0x05,
	BM_ATT_FIND_BY_VALUE_REQUEST = 0x06,
	BM_ATT_FIND_BY_VALUE_RESPONSE = 0x07,
	BM_ATT_READ_BY_TYPE_REQUEST = 0x08,
	BM_ATT_READ_BY_TYPE_RESPONSE = 0x09,
	BM_ATT_READ_REQUEST = 0x0a,
	BM_ATT_READ_RESPONSE = 0x0b,
	BM_ATT_READ_BLOB_REQUEST = 0x0c,
	BM_ATT_READ_BLOB_RESPONSE = 0x0d,
	BM_ATT_READ_BY_GROUP_REQUEST = 0x10,
	BM_ATT_READ_BY_GROUP_RESPONSE = 0x11,
	BM_ATT_WRITE_REQUEST = 0x12,
	BM_ATT_WRITE_RESPONSE = 0x13,
	BM_ATT_NOTIFICATION = 0x1b,
	BM_ATT_INDICATION = 0x1d,
	BM_ATT_CONFIRMATION = 0x1e,
	BM_ATT_WRITE_COMMAND = 0x52,
};

/* Bit 6 of an opcode: a command, which is never answered. */
#define BM_ATT_COMMAND_FLAG 0x40u

enum bm_att_error {
	BM_ATT_OK = 0,
	BM_ATT_INVALID_HANDLE = 0x01,
	BM_ATT_READ_NOT_PERMITTED = 0x02,
	BM_ATT_WRITE_NOT_PERMITTED = 0x03,
	BM_ATT_INVALID_PDU = 0x04,
	BM_ATT_NOT_SUPPORTED = 0x06,
	BM_ATT_INVALID_OFFSET = 0x07,
	BM_ATT_NOT_FOUND = 0x0a,
	BM_ATT_INVALID_LENGTH = 0x0d,
	BM_ATT_UNSUPPORTED_GROUP = 0x10,
	BM_ATT_CCCD_IMPROPER = 0xfd,
};

/* Types of attributes (assigned numbers). */
#define BM_GATT_PRIMARY_SERVICE 0x2800u
#define BM_GATT_SECONDARY_SERVICE 0x2801u
#define BM_GATT_CHARACTERISTIC 0x2803u
#define BM_GATT_CCCD 0x2902u
#define BM_GATT_CCCD_NOTIFY 0x0001u
#define BM_GATT_CCCD_INDICATE 0x0002u
#define BM_GATT_PROPERTY_READ 0x02u
#define BM_GATT_PROPERTY_WRITE_COMMAND 0x04u
#define BM_GATT_PROPERTY_NOTIFY 0x10u
#define BM_GATT_PROPERTY_INDICATE 0x20u

/* The characteristics of a mesh service. */
static inline uint16_t bm_gatt_data_in(enum bm_gatt_service service)
{
	return service == BM_GATT_PROXY ? 0x2add : 0x2adb;
}
static inline uint16_t bm_gatt_data_out(enum bm_gatt_service service)
{
	return service == BM_GATT_PROXY ? 0x2ade : 0x2adc;
}

/* Sends a PDU; a peer that leaves no room for it loses the link. */
void bm_host_att_send(struct bm_host *host, struct bm_host_link *link, const struct bm_writer *pdu, bm_time now);
/* What both sides agreed on: ours is the largest. */
uint16_t bm_host_att_mtu(uint16_t peers);

/* att_server.c: the handle by which a server's notifications go. */
uint16_t bm_host_server_data_out(enum bm_gatt_service service);

#endif

/*
 * The numbers of HCI that the host uses (Bluetooth Core Vol 4 Part E), and how its events read. Pure: no state.
 */
#ifndef BM_HOST_HCI_H
#define BM_HOST_HCI_H

#include "blemesh/bytes.h"

/* Commands: OGF in the upper six bits. */
enum bm_hci_opcode {
	BM_HCI_DISCONNECT = 0x0406,
	BM_HCI_SET_EVENT_MASK = 0x0c01,
	BM_HCI_RESET = 0x0c03,
	BM_HCI_WRITE_LE_HOST_SUPPORT = 0x0c6d,
	BM_HCI_READ_BUFFER_SIZE = 0x1005,
	BM_HCI_READ_BD_ADDR = 0x1009,
	BM_HCI_LE_SET_EVENT_MASK = 0x2001,
	BM_HCI_LE_READ_BUFFER_SIZE = 0x2002,
	BM_HCI_LE_READ_FEATURES = 0x2003,
	BM_HCI_LE_SET_RANDOM_ADDRESS = 0x2005,
	BM_HCI_LE_SET_ADV_PARAMETERS = 0x2006,
	BM_HCI_LE_SET_ADV_DATA = 0x2008,
	BM_HCI_LE_SET_SCAN_RESPONSE = 0x2009,
	BM_HCI_LE_SET_ADV_ENABLE = 0x200a,
	BM_HCI_LE_SET_SCAN_PARAMETERS = 0x200b,
	BM_HCI_LE_SET_SCAN_ENABLE = 0x200c,
	BM_HCI_LE_CREATE_CONNECTION = 0x200d,
	BM_HCI_LE_CREATE_CONNECTION_CANCEL = 0x200e,
	BM_HCI_LE_CONNECTION_UPDATE = 0x2013,
	BM_HCI_LE_LTK_NEGATIVE_REPLY = 0x201b,
	BM_HCI_LE_PARAMETERS_REPLY = 0x2020,
	BM_HCI_LE_PARAMETERS_NEGATIVE_REPLY = 0x2021,
	BM_HCI_LE_SET_DATA_LENGTH = 0x2022,
	BM_HCI_LE_WRITE_DEFAULT_DATA_LENGTH = 0x2024,
	BM_HCI_LE_SET_SET_RANDOM_ADDRESS = 0x2035,
	BM_HCI_LE_SET_EXT_ADV_PARAMETERS = 0x2036,
	BM_HCI_LE_SET_EXT_ADV_DATA = 0x2037,
	BM_HCI_LE_SET_EXT_SCAN_RESPONSE = 0x2038,
	BM_HCI_LE_SET_EXT_ADV_ENABLE = 0x2039,
	BM_HCI_LE_READ_ADV_SETS = 0x203b,
	BM_HCI_LE_SET_EXT_SCAN_PARAMETERS = 0x2041,
	BM_HCI_LE_SET_EXT_SCAN_ENABLE = 0x2042,
	BM_HCI_LE_EXT_CREATE_CONNECTION = 0x2043,
};

enum bm_hci_event {
	BM_HCI_DISCONNECTION_COMPLETE = 0x05,
	BM_HCI_COMMAND_COMPLETE = 0x0e,
	BM_HCI_COMMAND_STATUS = 0x0f,
	BM_HCI_HARDWARE_ERROR = 0x10,
	BM_HCI_COMPLETED_PACKETS = 0x13,
	BM_HCI_LE_META = 0x3e,
};

enum bm_hci_le_event {
	BM_HCI_LE_CONNECTION_COMPLETE = 0x01,
	BM_HCI_LE_ADV_REPORT = 0x02,
	BM_HCI_LE_LTK_REQUEST = 0x05,
	BM_HCI_LE_PARAMETERS_REQUEST = 0x06,
	BM_HCI_LE_ENHANCED_CONNECTION_COMPLETE = 0x0a,
	BM_HCI_LE_EXT_ADV_REPORT = 0x0d,
	BM_HCI_LE_SET_TERMINATED = 0x12,
};

/* Error codes (Core Vol 1 Part F). */
#define BM_HCI_SUCCESS 0x00u
#define BM_HCI_UNKNOWN_COMMAND 0x01u
#define BM_HCI_UNKNOWN_CONNECTION 0x02u
#define BM_HCI_COMMAND_DISALLOWED 0x0cu
#define BM_HCI_REMOTE_USER_TERMINATED 0x13u
#define BM_HCI_UNSPECIFIED_ERROR 0x1fu
#define BM_HCI_UNACCEPTABLE_PARAMETERS 0x3bu
#define BM_HCI_ADVERTISING_TIMEOUT 0x3cu

/* LE features (Core Vol 6 Part B 4.6). */
#define BM_HCI_FEATURE_PARAMETERS_REQUEST 1u
#define BM_HCI_FEATURE_DATA_LENGTH 5u
#define BM_HCI_FEATURE_EXTENDED_ADVERTISING 12u

/* The most that a data PDU carries, and how long that takes (Core Vol 6 Part B 4.5.10). */
#define BM_HCI_DATA_LENGTH_MAX 251u
#define BM_HCI_DATA_TIME_MAX_US 2120u

#define BM_HCI_PACKET_LEN_MAX 258u /* indicator, opcode, length and 255 octets: 259, less what no command here has */
#define BM_HCI_ADV_DATA_MAX 31u

/* A report of advertising in legacy PDUs. */
struct bm_hci_report {
	bool connectable, scannable, scan_response;
	bool random;     /* the address's kind */
	uint8_t addr[6]; /* most significant octet first */
	const uint8_t *data;
	uint8_t len;
	int8_t rssi;
};

/* One report behind another: false if the reader has failed, or for one to be passed over (*known false). */
bool bm_hci_read_report(struct bm_reader *r, bool extended, struct bm_hci_report *report, bool *known);

struct bm_hci_connection {
	uint8_t status;
	uint16_t handle;
	bool peripheral;
	bool random;
	uint8_t addr[6];
};

/* LE Connection Complete, and its enhanced form. */
BM_MUST_USE enum bm_err bm_hci_read_connection(struct bm_reader *r, bool enhanced,
					       struct bm_hci_connection *connection);

/* Addresses go least significant octet first. */
void bm_hci_put_addr(struct bm_writer *w, const uint8_t addr[6]);
void bm_hci_read_addr(struct bm_reader *r, uint8_t addr[6]);

#endif

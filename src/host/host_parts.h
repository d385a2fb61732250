/*
 * What the files of the host know of each other. A part's next function sends the command it lacks most and says true;
 * its done function is told the answer.
 */
#ifndef BM_HOST_HOST_PARTS_H
#define BM_HOST_HOST_PARTS_H

#include "host/host.h"

/* host.c: sends a command; its answer goes to the part. */
void bm_host_command(struct bm_host *host, uint16_t opcode, enum bm_host_part part, size_t index,
		     const struct bm_writer *parameters, bm_time now);
/* host.c: the controller is of no use any more. */
void bm_host_fail(struct bm_host *host, const char *why);
static inline bool bm_host_feature(const struct bm_host *host, unsigned bit)
{
	return host->features[bit / 8] >> bit % 8 & 1;
}

/* bring_up.c */
bool bm_host_bring_up_next(struct bm_host *host, bm_time now);
void bm_host_bring_up_done(struct bm_host *host, uint8_t status, struct bm_reader *r);

/* Which of a user's names goes with a service. */
static inline size_t bm_host_name_of(enum bm_gatt_service service)
{
	return service == BM_GATT_PROXY;
}

/* sets.c: what advertising is wanted, for both kinds of controllers. */
enum bm_err bm_host_gatt_advertise(void *self, const struct bm_gatt_adv *adv, bm_time now);
/* A mesh PDU that is due, of the users in turn; others in this process hear it. all: with all its transmissions. */
bool bm_host_take_mesh(struct bm_host *host, bool all, struct bm_advertising *taken, bm_time now);
bool bm_host_mesh_is_due(const struct bm_host *host, bm_time now);
bm_time bm_host_mesh_deadline(const struct bm_host *host);
bool bm_host_has_room_for_link(const struct bm_host *host);
uint16_t bm_host_adv_interval(uint32_t interval_us);

/* adv_legacy.c, adv_extended.c */
bool bm_host_legacy_next(struct bm_host *host, bm_time now);
void bm_host_legacy_done(struct bm_host *host, uint8_t status, bm_time now);
bm_time bm_host_legacy_deadline(const struct bm_host *host);
bool bm_host_extended_next(struct bm_host *host, bm_time now);
void bm_host_extended_done(struct bm_host *host, size_t index, uint8_t status, bm_time now);
void bm_host_extended_terminated(struct bm_host *host, struct bm_reader *r, bm_time now);
bm_time bm_host_extended_deadline(const struct bm_host *host);

/* scan.c */
bool bm_host_scan_next(struct bm_host *host, bm_time now);
void bm_host_scan_done(struct bm_host *host, uint8_t status, bm_time now);
bm_time bm_host_scan_deadline(const struct bm_host *host);
void bm_host_reports(struct bm_host *host, bool extended, struct bm_reader *r, bm_time now);
/* AD structures of an advertisement: for one user, or (NULL) for all but one. */
void bm_host_hear(struct bm_host *host, const struct bm_host_user *but, const struct bm_hci_report *report,
		  bm_time now);

/* connect.c */
enum bm_err bm_host_gatt_connect(void *self, const struct bm_gatt_peer *peer, enum bm_gatt_service service,
				 bm_time now);
bool bm_host_connect_next(struct bm_host *host, bm_time now);
void bm_host_connect_done(struct bm_host *host, uint8_t status, bm_time now);
void bm_host_connect_run(struct bm_host *host, bm_time now);
void bm_host_connected(struct bm_host *host, const struct bm_hci_connection *connection, bm_time now);

/* link.c */
enum bm_err bm_host_gatt_send(void *self, bm_gatt_conn conn, const uint8_t *octets, size_t len, bm_time now);
void bm_host_gatt_disconnect(void *self, bm_gatt_conn conn, bm_time now);
struct bm_host_link *bm_host_link_add(struct bm_host *host, uint16_t handle, enum bm_gatt_role role, bm_time now);
/* There was no place for it: it is ended. */
void bm_host_link_refuse(struct bm_host *host, uint16_t handle);
struct bm_host_link *bm_host_link_find(struct bm_host *host, uint16_t handle);
/* Frees it, and tells its node if that knows it. */
void bm_host_link_gone(struct bm_host *host, struct bm_host_link *link, bm_time now);
/* Ends it from this side; the node is told at once. */
void bm_host_link_drop(struct bm_host *host, struct bm_host_link *link, bm_time now);
/* The client came through this set. */
void bm_host_link_serve(struct bm_host *host, struct bm_host_link *link, struct bm_host_set *set, bm_time now);
/* The peer asks for other connection parameters: todo gets the one flag, or the other if they are out of range. */
bool bm_host_parameters_asked(struct bm_host_link *link, struct bm_reader *r, enum bm_host_link_todo good,
			      enum bm_host_link_todo bad);
void bm_host_link_tell(struct bm_host_link *link, struct bm_gatt_event event, bm_time now);
bool bm_host_link_next(struct bm_host *host, bm_time now);
void bm_host_link_done(struct bm_host *host, size_t index, uint8_t status, bm_time now);
void bm_host_links_run(struct bm_host *host, bm_time now);
/* While a command is awaited no link can be ended: what would be due then is not. */
bm_time bm_host_links_deadline(const struct bm_host *host, bool awaited);
/* acl.c: data in pieces. */
void bm_host_acl_received(struct bm_host *host, const uint8_t *octets, size_t len, bm_time now);
void bm_host_acl_send(struct bm_host *host);
void bm_host_completed(struct bm_host *host, struct bm_reader *r);
/* Queues an L2CAP frame. BM_ERR_BUSY: there is no room. */
BM_MUST_USE enum bm_err bm_host_l2cap_send(struct bm_host *host, struct bm_host_link *link, uint16_t cid,
					   const uint8_t *octets, size_t len);
size_t bm_host_queue_room(const struct bm_host_link *link);

/* l2cap.c */
void bm_host_l2cap_received(struct bm_host *host, struct bm_host_link *link, uint16_t cid, const uint8_t *octets,
			    size_t len, bm_time now);

/* att.c */
void bm_host_att_received(struct bm_host *host, struct bm_host_link *link, const uint8_t *pdu, size_t len, bm_time now);
/* Queues a write to Data In or a notification of Data Out. BM_ERR_BUSY; BM_ERR_STATE: nobody has subscribed. */
BM_MUST_USE enum bm_err bm_host_att_value(struct bm_host *host, struct bm_host_link *link, const uint8_t *octets,
					  size_t len);
/* att_server.c, att_client.c: a PDU for one of them. */
void bm_host_server_received(struct bm_host *host, struct bm_host_link *link, const uint8_t *pdu, size_t len,
			     bm_time now);
void bm_host_client_received(struct bm_host *host, struct bm_host_link *link, const uint8_t *pdu, size_t len,
			     bm_time now);
/* Begins the search for the service. */
void bm_host_client_start(struct bm_host *host, struct bm_host_link *link, bm_time now);
/* A node now offers this service: its clients of the other one are told, if they want to know. */
void bm_host_server_changed(struct bm_host *host, const struct bm_host_user *user, enum bm_gatt_service service);
/* Tells this client, which changes_due is for. */
void bm_host_server_indicate(struct bm_host *host, struct bm_host_link *link, bm_time now);

#endif

/*
 * Sensor Server, Sensor Setup Server and Sensor Client (MshMDL 4): values in marshalled Formats A and B, descriptors,
 * columns and series, cadence, settings.
 *
 * Raw values are octets as on the wire, little-endian. Property 0x0000 is prohibited: a message with it is dropped.
 */
#ifndef BLEMESH_SENSOR_H
#define BLEMESH_SENSOR_H

#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/model.h"

/* Opcodes (MshMDL 7.1). */
#define BM_OP_SENSOR_DESCRIPTOR_GET 0x8230u
#define BM_OP_SENSOR_DESCRIPTOR_STATUS 0x51u
#define BM_OP_SENSOR_GET 0x8231u
#define BM_OP_SENSOR_STATUS 0x52u
#define BM_OP_SENSOR_COLUMN_GET 0x8232u
#define BM_OP_SENSOR_COLUMN_STATUS 0x53u
#define BM_OP_SENSOR_SERIES_GET 0x8233u
#define BM_OP_SENSOR_SERIES_STATUS 0x54u
#define BM_OP_SENSOR_CADENCE_GET 0x8234u
#define BM_OP_SENSOR_CADENCE_SET 0x55u
#define BM_OP_SENSOR_CADENCE_SET_UNACK 0x56u
#define BM_OP_SENSOR_CADENCE_STATUS 0x57u
#define BM_OP_SENSOR_SETTINGS_GET 0x8235u
#define BM_OP_SENSOR_SETTINGS_STATUS 0x58u
#define BM_OP_SENSOR_SETTING_GET 0x8236u
#define BM_OP_SENSOR_SETTING_SET 0x59u
#define BM_OP_SENSOR_SETTING_SET_UNACK 0x5au
#define BM_OP_SENSOR_SETTING_STATUS 0x5bu

#define BM_SENSOR_RAW_MAX 127u /* what Format B's length field can say */

/* One property's raw value, as in a Sensor Status. */
struct bm_sensor_value {
	uint16_t property_id;
	const uint8_t *raw; /* little-endian, as on the wire; NULL with len 0: the property is unknown there */
	uint8_t len;        /* 0 to BM_SENSOR_RAW_MAX */
};

/* Marshalled Property ID and raw value (MshMDL 4.1.1, 4.2.14): Format A if the id is below 0x0800 and len 1 … 16. */
void bm_sensor_put_value(struct bm_writer *w, const struct bm_sensor_value *value);
/* The next value; BM_ERR_NOT_FOUND at the end, BM_ERR_TOO_SHORT if the message ends within one. */
BM_MUST_USE enum bm_err bm_sensor_next_value(struct bm_reader *r, struct bm_sensor_value *value);

/* Sensor Descriptor (MshMDL 4.1.1); all zeros: nothing is specified. */
struct bm_sensor_descriptor {
	uint16_t positive_tolerance; /* 12 bits, in 1/4095 */
	uint16_t negative_tolerance;
	uint8_t sampling_function;  /* 0 … 7 */
	uint8_t measurement_period; /* 1.1^(n − 64) s; 0: not applicable */
	uint8_t update_interval;    /* likewise */
};

/* Bounds of a cadence: octets of a raw value, and logarithms (MshMDL 4.1.3). */
#define BM_SENSOR_CADENCE_RAW_MAX 16u
#define BM_SENSOR_DIVISOR_MAX 15u
#define BM_SENSOR_MIN_INTERVAL_MAX 26u

/* Sensor Cadence (MshMDL 4.1.3). */
struct bm_sensor_cadence {
	uint8_t fast_cadence_period_divisor; /* n: the publish period by 2^n; 0 … 15 */
	bool trigger_percent;                /* deltas are two octets in 0.01 %, else raw values of the property */
	uint8_t raw_len;                     /* of the property's raw value, 1 … 16 */
	uint8_t delta_down[BM_SENSOR_CADENCE_RAW_MAX]; /* zero or no number: no trigger */
	uint8_t delta_up[BM_SENSOR_CADENCE_RAW_MAX];
	uint8_t min_interval; /* 2^n ms between two Statuses; 0 … 26 */
	/* Fast from low to high; if low is above high, fast below high and above low. */
	uint8_t fast_low[BM_SENSOR_CADENCE_RAW_MAX];
	uint8_t fast_high[BM_SENSOR_CADENCE_RAW_MAX];
};

/* The fields as in a message, after the Property ID. */
void bm_sensor_put_cadence(struct bm_writer *w, const struct bm_sensor_cadence *cadence);
/* To the end of the message. BM_ERR_TOO_SHORT or BM_ERR_TOO_LONG: no length of raw values fits; BM_ERR_PROHIBITED. */
BM_MUST_USE enum bm_err bm_sensor_read_cadence(struct bm_reader *r, struct bm_sensor_cadence *cadence);
/* As in a Sensor Descriptor Status, eight octets with the Property ID. BM_ERR_TOO_SHORT, BM_ERR_PROHIBITED. */
void bm_sensor_put_descriptor(struct bm_writer *w, uint16_t property_id, const struct bm_sensor_descriptor *descriptor);
BM_MUST_USE enum bm_err bm_sensor_read_descriptor(struct bm_reader *r, uint16_t *property_id,
						  struct bm_sensor_descriptor *descriptor);

/* A sensor's cadence and what was published of it. Zero-initialise, then set the cadence if it has a first one. */
struct bm_sensor_cadence_state {
	struct bm_sensor_cadence cadence; /* raw_len is set by the server */
	bool set; /* by a message, so it outlasts a power cut; set it with a cadence of your own that is to */
	bool published;
	bool pending; /* a publication waits for the minimum interval */
	bm_time published_at;
	uint8_t published_raw[BM_SENSOR_CADENCE_RAW_MAX];
};

/* Access to a setting (MshMDL 4.1.2.3). */
#define BM_SENSOR_SETTING_READ 1u
#define BM_SENSOR_SETTING_READ_WRITE 3u

/* Sensor Setting (MshMDL 4.1.2). */
struct bm_sensor_setting {
	uint16_t property_id;
	uint8_t access; /* BM_SENSOR_SETTING_READ or BM_SENSOR_SETTING_READ_WRITE */
	uint8_t *raw;   /* the caller's */
	uint8_t len;    /* of raw; a Set of another length is dropped */
	bool set;       /* by a message, so it outlasts a power cut; set it with a value of your own that is to */
};

/* Octets of a column's raw value at most. */
#define BM_SENSOR_COLUMN_RAW_MAX 8u

/* Sensor Series Column (MshMDL 4.1.5). */
struct bm_sensor_column {
	uint8_t x[BM_SENSOR_COLUMN_RAW_MAX];
	uint8_t width[BM_SENSOR_COLUMN_RAW_MAX];
	uint8_t y[BM_SENSOR_COLUMN_RAW_MAX];
};

struct bm_sensor_series {
	const struct bm_sensor_column *columns; /* in ascending order of x */
	size_t count;
	uint8_t x_len; /* of x and width, 1 … BM_SENSOR_COLUMN_RAW_MAX */
	uint8_t y_len;
	bool x_signed; /* x is two's complement */
};

#define BM_SENSOR_VALUE_MAX 64u /* the longest characteristic of a device property */

struct bm_sensor {
	uint16_t property_id;
	uint8_t raw[BM_SENSOR_VALUE_MAX];
	uint8_t len; /* with a cadence at most BM_SENSOR_CADENCE_RAW_MAX */
	/* What else the sensor has; zeros and NULL: nothing. The caller's, for the server's life. */
	struct bm_sensor_descriptor descriptor;
	struct bm_sensor_cadence_state *cadence;
	struct bm_sensor_setting *settings; /* ascending property ids */
	size_t setting_count;
	const struct bm_sensor_series *series;
};

struct bm_sensor_server {
	struct bm_model model;
	struct bm_sensor *sensors; /* the caller's, ascending property ids */
	size_t count;
	/* A Get arrived or a publication is due: refresh the raw values. May be NULL. */
	void (*refresh)(void *ctx, bm_time now);
	void *ctx;
	_Alignas(max_align_t) uint8_t opaque[64]; /* the timer of cadence */
};

/* Makes a server of count sensors, which stay the author's; then bm_node_add_model takes server->model. */
void bm_sensor_server_init(struct bm_sensor_server *server, struct bm_sensor *sensors, size_t count);
/* Sends Sensor Status with all properties. BM_ERR_TOO_LONG: one message does not hold them. (To a Get without a
 * property the server then tells as many as it does.) */
BM_MUST_USE enum bm_err bm_sensor_server_status(struct bm_sensor_server *server, const struct bm_tx *tx, bm_time now);
/* Raw values may have changed: publishes the sensors whose cadence says so, now or when their minimum interval is
 * over. A sensor without cadence is published at the model's publish period alone. */
void bm_sensor_server_changed(struct bm_sensor_server *server, bm_time now);
/* When cadence wants the next publication, beside the publish period's own; BM_TIME_NEVER: not at present. The server
 * publishes by itself then. */
bm_time bm_sensor_server_publish_due(const struct bm_sensor_server *server, bm_time now);

/* Cadence and settings of a Sensor Server on the same element, which it extends and which is added before it.
 *
 * What messages set outlasts a power cut (MshMDL 4.1.2, 4.1.3): the server is made with model.persist, and its record
 * takes five octets and the value for each cadence and setting (a cadence of raw values of n octets 4 + 4 n at most);
 * bm_limits.state_len must have room. After a restart it is given back to the sensors and settings that are there, with
 * the lengths they have. The author of a value that is to be kept too sets it and says bm_model_state_changed. */
struct bm_sensor_setup_server {
	struct bm_model model;
	struct bm_sensor_server *server;
	/* The cadence or a setting was set by a message; setting is NULL for the cadence. May be NULL. */
	void (*on_set)(void *ctx, struct bm_sensor *sensor, struct bm_sensor_setting *setting, const struct bm_rx *rx);
	void *ctx;
};

/* Makes the setup server of a sensor server, which must be added to the element first. */
void bm_sensor_setup_server_init(struct bm_sensor_setup_server *setup, struct bm_sensor_server *server);

/* What a Sensor Column Status or each column of a Sensor Series Status tells. */
struct bm_sensor_column_status {
	uint16_t property_id;
	const uint8_t *octets; /* column: x, then width and y; series: columns one after another */
	size_t len;            /* a series' is 0 if the property is unknown there */
};

struct bm_sensor_setting_status {
	uint16_t property_id;
	uint16_t setting_id;
	uint8_t access;     /* 0: the setting is unknown there, or could not be set; then there is no raw value */
	const uint8_t *raw; /* valid during the call */
	size_t len;
};

struct bm_sensor_client {
	struct bm_model model;
	/* Once for each value of a Sensor Status. */
	void (*on_value)(void *ctx, const struct bm_sensor_value *value, const struct bm_rx *rx);
	void *ctx;

	/* Set after init; each may be NULL. A state that is NULL is unknown there. */
	void (*on_descriptor)(void *ctx, uint16_t property_id, const struct bm_sensor_descriptor *descriptor,
			      const struct bm_rx *rx);
	void (*on_column)(void *ctx, const struct bm_sensor_column_status *status, const struct bm_rx *rx);
	void (*on_series)(void *ctx, const struct bm_sensor_column_status *status, const struct bm_rx *rx);
	void (*on_cadence)(void *ctx, uint16_t property_id, const struct bm_sensor_cadence *cadence,
			   const struct bm_rx *rx);
	/* setting_ids: count property ids, little-endian; count 0: the sensor is unknown there or has none. */
	void (*on_settings)(void *ctx, uint16_t property_id, const uint8_t *setting_ids, size_t count,
			    const struct bm_rx *rx);
	void (*on_setting)(void *ctx, const struct bm_sensor_setting_status *status, const struct bm_rx *rx);
};

/* Makes a client; then bm_node_add_model takes client->model. */
void bm_sensor_client_init(struct bm_sensor_client *client,
			   void (*on_value)(void *ctx, const struct bm_sensor_value *value, const struct bm_rx *rx),
			   void *ctx);
/* property_id 0: all. */
BM_MUST_USE enum bm_err bm_sensor_client_get(struct bm_sensor_client *client, const struct bm_tx *tx,
					     uint16_t property_id, bm_time now);
BM_MUST_USE enum bm_err bm_sensor_client_descriptor_get(struct bm_sensor_client *client, const struct bm_tx *tx,
							uint16_t property_id, bm_time now);
/* All below: BM_ERR_INVALID if a property id is 0, BM_ERR_TOO_LONG if the raw values do not fit into a message. */
BM_MUST_USE enum bm_err bm_sensor_client_column_get(struct bm_sensor_client *client, const struct bm_tx *tx,
						    uint16_t property_id, const uint8_t *x, size_t len, bm_time now);
/* The columns from x1 to x2, each of len octets; len 0: all columns. */
BM_MUST_USE enum bm_err bm_sensor_client_series_get(struct bm_sensor_client *client, const struct bm_tx *tx,
						    uint16_t property_id, const uint8_t *x1, const uint8_t *x2,
						    size_t len, bm_time now);
BM_MUST_USE enum bm_err bm_sensor_client_cadence_get(struct bm_sensor_client *client, const struct bm_tx *tx,
						     uint16_t property_id, bm_time now);
/* ack chooses Set or Set Unacknowledged. BM_ERR_INVALID also for a prohibited cadence. */
BM_MUST_USE enum bm_err bm_sensor_client_cadence_set(struct bm_sensor_client *client, const struct bm_tx *tx,
						     uint16_t property_id, const struct bm_sensor_cadence *cadence,
						     bool ack, bm_time now);
BM_MUST_USE enum bm_err bm_sensor_client_settings_get(struct bm_sensor_client *client, const struct bm_tx *tx,
						      uint16_t property_id, bm_time now);
BM_MUST_USE enum bm_err bm_sensor_client_setting_get(struct bm_sensor_client *client, const struct bm_tx *tx,
						     uint16_t property_id, uint16_t setting_id, bm_time now);
BM_MUST_USE enum bm_err bm_sensor_client_setting_set(struct bm_sensor_client *client, const struct bm_tx *tx,
						     uint16_t property_id, uint16_t setting_id, const uint8_t *raw,
						     size_t len, bool ack, bm_time now);

#endif

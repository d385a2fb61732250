/*
 * This node's Composition Data and models' metadata (MshPRT 4.2.1, 4.2.2), made from its tables. A page is never held
 * as a whole: it is made from its beginning each time, and what lies within the piece asked for is kept.
 */
#include "pdu/composition.h"
#include "access/access.h"

#define PAGE_PRESENT_MAX 2u
/* Pages 128 and up tell what the node would be after a Node Composition Refresh. */
#define PAGE_FUTURE 128u

/* Element offsets and model indexes that fit the short format of page 1 (MshPRT 4.2.1.2). */
#define SHORT_OFFSET_MIN (-4)
#define SHORT_OFFSET_MAX 3
#define SHORT_INDEX_MAX 31u

struct window {
	struct bm_writer *w;
	size_t from, room;
	size_t total;
	size_t limit, whole; /* how much of a page that is to end within limit there is up to the end of an element */
};

static void put_octets(struct window *window, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (window->total + i >= window->from && window->total + i - window->from < window->room)
			bm_put_u8(window->w, octets[i]);
	window->total += len;
}

static void end_element(struct window *window)
{
	if (window->total <= window->limit)
		window->whole = window->total;
}

static void put(struct window *window, const struct bm_writer *part)
{
	put_octets(window, part->start, bm_writer_len(part));
}

static struct bm_composition_element describe(const struct bm_access *access, const struct bm_element *element)
{
	struct bm_composition_element description = {.location = element->location};
	for (size_t i = 0; i < element->model_count; i++) {
		if (access->models[element->first_model + i]->id.vendor)
			description.vendor_count++;
		else
			description.sig_count++;
	}
	return description;
}

/* The i-th model of an element in the order of page 0: SIG models, then vendors'. */
static const struct bm_model *model_at(const struct bm_access *access, const struct bm_element *element, size_t i)
{
	for (int vendor = 0; vendor <= 1; vendor++)
		for (size_t k = 0; k < element->model_count; k++) {
			const struct bm_model *model = access->models[element->first_model + k];
			if (model->id.vendor == vendor && i-- == 0)
				return model;
		}
	return NULL;
}

static size_t index_of(const struct bm_access *access, const struct bm_model *model)
{
	const struct bm_element *element = &access->elements[model->element];
	size_t i = 0;
	while (i < element->model_count && model_at(access, element, i) != model)
		i++;
	return i;
}

static void put_page0(struct window *window, const struct bm_access *access)
{
	uint8_t octets[16];
	struct bm_writer part = bm_writer_of(octets, sizeof octets);
	const struct bm_composition header = {
		.company = access->identity.company,
		.product = access->identity.product,
		.version = access->identity.version,
		.crpl = access->limits.rpl,
		.features = access->identity.features,
	};
	bm_composition_put_header(&part, &header);
	put(window, &part);
	for (size_t e = 0; e < access->element_count; e++) {
		const struct bm_element *element = &access->elements[e];
		const struct bm_composition_element description = describe(access, element);
		part = bm_writer_of(octets, sizeof octets);
		bm_composition_put_element(&part, &description);
		put(window, &part);
		for (size_t i = 0; i < element->model_count; i++) {
			part = bm_writer_of(octets, sizeof octets);
			bm_composition_put_model(&part, &model_at(access, element, i)->id);
			put(window, &part);
		}
		end_element(window);
	}
}

static void put_counts(struct window *window, const struct bm_access *access, const struct bm_element *element)
{
	uint8_t octets[2];
	struct bm_writer part = bm_writer_of(octets, sizeof octets);
	const struct bm_composition_element description = describe(access, element);
	bm_put_u8(&part, description.sig_count);
	bm_put_u8(&part, description.vendor_count);
	put(window, &part);
}

/* The first of the models that correspond with each other, through which they are one group. */
static const struct bm_model *head_of_group(const struct bm_model *model)
{
	while (model->corresponds)
		model = model->corresponds;
	return model;
}

static bool has_group(const struct bm_access *access, const struct bm_model *model)
{
	bool found = model->corresponds != NULL;
	for (size_t i = 0; i < access->model_count && !found; i++)
		found = access->models[i]->corresponds == model;
	return found;
}

/* Groups are numbered in the order of their heads. */
static uint8_t group_of(const struct bm_access *access, const struct bm_model *model)
{
	const struct bm_model *head = head_of_group(model);
	uint8_t group = 0;
	for (size_t i = 0; i < access->model_count && access->models[i] != head; i++)
		group += !access->models[i]->corresponds && has_group(access, access->models[i]);
	return group;
}

/* Page 1 tells which model each one extends itself, and which belong together. */
static void put_relations(struct window *window, const struct bm_access *access, const struct bm_model *model)
{
	uint8_t octets[4];
	const struct bm_model *base = model->extends;
	const bool corresponds = has_group(access, model);
	const int offset = base ? base->element - model->element : 0;
	const size_t index = base ? index_of(access, base) : 0;
	const bool is_long = offset < SHORT_OFFSET_MIN || offset > SHORT_OFFSET_MAX || index > SHORT_INDEX_MAX;
	/* Corresponding_Present in bit 0, Format in bit 1, Extended_Items_Count above */
	struct bm_writer part = bm_writer_of(octets, sizeof octets);
	bm_put_u8(&part, (uint8_t)(corresponds | is_long << 1 | (base ? 1 << 2 : 0)));
	if (corresponds)
		bm_put_u8(&part, group_of(access, model));
	if (base && is_long) {
		bm_put_u8(&part, (uint8_t)offset);
		bm_put_u8(&part, (uint8_t)index);
	} else if (base) {
		bm_put_u8(&part, (uint8_t)((offset & 7) | index << 3));
	}
	put(window, &part);
}

static void put_page1(struct window *window, const struct bm_access *access)
{
	for (size_t e = 0; e < access->element_count; e++) {
		const struct bm_element *element = &access->elements[e];
		put_counts(window, access, element);
		for (size_t i = 0; i < element->model_count; i++)
			put_relations(window, access, model_at(access, element, i));
		end_element(window);
	}
}

uint8_t bm_access_composition_page_of(const struct bm_access *access, uint8_t asked)
{
	const uint8_t highest = access->identity.profiles_len ? PAGE_PRESENT_MAX : 1;
	if (!BM_WITH_FOUNDATION_1_1 || !access->identity.all_pages)
		return 0;
	const uint8_t future = asked >= PAGE_FUTURE ? PAGE_FUTURE : 0;
	const uint8_t low = (uint8_t)(asked - future);
	return (uint8_t)(future + (low > highest ? highest : low));
}

static void put_page(struct window *window, const struct bm_access *access, uint8_t page)
{
	switch (BM_WITH_FOUNDATION_1_1 ? page % PAGE_FUTURE : 0) {
	case 0:
		put_page0(window, access);
		break;
	case 1:
		put_page1(window, access);
		break;
	default:
		put_octets(window, access->identity.profiles, access->identity.profiles_len);
		end_element(window);
		break;
	}
}

size_t bm_access_put_composition(const struct bm_access *access, uint8_t page, size_t offset, size_t room,
				 struct bm_writer *w)
{
	struct window window = {.w = w, .from = offset, .room = room};
	put_page(&window, access, page);
	return window.total;
}

size_t bm_access_whole_composition(const struct bm_access *access, uint8_t page, size_t limit)
{
	struct window window = {.limit = limit};
	put_page(&window, access, page);
	return window.whole;
}

size_t bm_access_put_metadata(const struct bm_access *access, uint8_t page, size_t offset, size_t room,
			      struct bm_writer *w)
{
	struct window window = {.w = w, .from = offset, .room = room};
	(void)page;
	for (size_t e = 0; e < access->element_count; e++) {
		const struct bm_element *element = &access->elements[e];
		put_counts(&window, access, element);
		for (size_t i = 0; i < element->model_count; i++) {
			uint8_t octets[8];
			struct bm_writer part = bm_writer_of(octets, sizeof octets);
			bm_composition_put_model(&part, &model_at(access, element, i)->id);
			bm_put_u8(&part, 0); /* items: none of our models has any */
			put(&window, &part);
		}
	}
	return window.total;
}

enum bm_err bm_access_composition_page0(const struct bm_access *access, uint8_t *out, size_t capacity, size_t *len)
{
	struct bm_writer w = bm_writer_of(out, capacity);
	if (bm_access_put_composition(access, 0, 0, capacity, &w) > capacity)
		return BM_ERR_NO_SPACE;
	return bm_writer_finish(&w, len);
}

/*
 * State binding. A change that goes on through many states ends by itself: none is set while it is telling its own.
 */
#include "models/binding.h"

#define ROUNDS_MAX 4

void bm_binding_add(struct bm_bound *from, struct bm_binding *binding)
{
	struct bm_binding **end = &from->first;
	while (*end)
		end = &(*end)->next;
	binding->next = NULL;
	*end = binding;
}

void bm_bound_changed(struct bm_bound *from, int32_t value, bm_time now)
{
	from->value = value;
	from->again = true;
	if (from->telling)
		return;
	from->telling = true;
	/* Who is told may be the host, who may set the state again: that is told too, but not for ever. */
	for (int rounds = ROUNDS_MAX; rounds > 0 && from->again; rounds--) {
		from->again = false;
		for (const struct bm_binding *binding = from->first; binding; binding = binding->next)
			if (!binding->to->telling)
				binding->set(binding->ctx, from->value, now);
	}
	from->telling = false;
}

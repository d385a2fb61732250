/*
 * Real time. The thread that runs bm_runtime_run is the loop; it never takes the interpreter's lock. Whatever other
 * handles the loop has (the virtual air, a prompt), what is due is looked at before and after each wait.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <uv.h>

#include "script/runtime_state.h"

struct call {
	struct call *next;
	void (*fn)(void *ctx);
	void *ctx;
	sem_t done;
};

struct bm_real {
	uv_loop_t loop;
	uv_async_t wake;
	uv_timer_t timer;
	uv_prepare_t prepare;
	uv_check_t check;
	uint64_t start_ns;
	pthread_t thread; /* the loop's, once running */
	atomic_bool running;
	pthread_mutex_t mutex; /* of what follows */
	struct call *calls, **calls_tail;
	bool closed;
};

static bm_time now_of(const struct bm_runtime *rt)
{
	return (uv_hrtime() - rt->real->start_ns) / 1000;
}

static void serve_calls(struct bm_real *real)
{
	pthread_mutex_lock(&real->mutex);
	struct call *calls = real->calls;
	real->calls = NULL;
	real->calls_tail = &real->calls;
	pthread_mutex_unlock(&real->mutex);
	while (calls) {
		struct call *item = calls;
		calls = item->next; /* the caller's memory is gone once it knows */
		item->fn(item->ctx);
		sem_post(&item->done);
	}
}

static void on_wake(uv_async_t *handle)
{
	struct bm_runtime *rt = handle->data;
	serve_calls(rt->real);
	if (rt->stopped)
		uv_stop(&rt->real->loop);
}

static void on_timer(uv_timer_t *timer)
{
	(void)timer; /* it only ends the wait */
}

static void on_check(uv_check_t *check)
{
	struct bm_runtime *rt = check->data;
	bm_runtime_run_due(rt, bm_runtime_now(rt));
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct bm_runtime *rt = prepare->data;
	struct bm_real *real = rt->real;
	bm_runtime_run_due(rt, bm_runtime_now(rt));
	const bm_time next = bm_runtime_deadline(rt);
	const bm_time now = bm_runtime_now(rt);
	if (next == BM_TIME_NEVER) {
		uv_timer_stop(&real->timer);
		return;
	}
	uv_update_time(&real->loop);
	uv_timer_start(&real->timer, on_timer, next <= now ? 0 : (next - now + 999) / 1000, 0);
}

struct bm_real *bm_real_new(void)
{
	struct bm_real *real = calloc(1, sizeof *real);
	if (!real)
		return NULL;
	real->start_ns = uv_hrtime();
	real->calls_tail = &real->calls;
	pthread_mutex_init(&real->mutex, NULL);
	if (uv_loop_init(&real->loop) < 0) {
		free(real);
		return NULL;
	}
	uv_async_init(&real->loop, &real->wake, on_wake);
	uv_timer_init(&real->loop, &real->timer);
	uv_prepare_init(&real->loop, &real->prepare);
	uv_check_init(&real->loop, &real->check);
	return real;
}

struct uv_loop_s *bm_real_uv(struct bm_real *real)
{
	return &real->loop;
}

void bm_real_free(struct bm_real *real)
{
	uv_close((uv_handle_t *)&real->wake, NULL);
	uv_close((uv_handle_t *)&real->timer, NULL);
	uv_close((uv_handle_t *)&real->prepare, NULL);
	uv_close((uv_handle_t *)&real->check, NULL);
	/* More than once if it was told to stop and never ran. */
	do
		uv_run(&real->loop, UV_RUN_DEFAULT);
	while (uv_loop_close(&real->loop) != 0);
	pthread_mutex_destroy(&real->mutex);
	free(real);
}

/* Callers that come too late or still wait find their call not done. */
static void close_calls(struct bm_real *real)
{
	pthread_mutex_lock(&real->mutex);
	real->closed = true;
	for (struct call *item = real->calls; item;) {
		struct call *next = item->next;
		sem_post(&item->done);
		item = next;
	}
	real->calls = NULL;
	pthread_mutex_unlock(&real->mutex);
}

static void run(struct bm_runtime *rt)
{
	struct bm_real *real = rt->real;
	real->wake.data = real->prepare.data = real->check.data = rt;
	real->thread = pthread_self();
	real->running = true;
	uv_prepare_start(&real->prepare, on_prepare);
	uv_check_start(&real->check, on_check);
	if (!rt->started)
		bm_runtime_start_boards(rt);
	rt->started = true;
	rt->left = false;
	while (!rt->stopped && !rt->left)
		uv_run(&real->loop, UV_RUN_DEFAULT);
	if (rt->left)
		return;
	close_calls(real);
	bm_runtime_end_boards(rt);
}

static void stop(struct bm_runtime *rt)
{
	uv_async_send(&rt->real->wake);
}

static void call(struct bm_runtime *rt, void (*fn)(void *ctx), void *ctx)
{
	struct bm_real *real = rt->real;
	if (real->running && pthread_equal(pthread_self(), real->thread)) {
		fn(ctx);
		return;
	}
	struct call item = {.fn = fn, .ctx = ctx};
	sem_init(&item.done, 0, 0);
	pthread_mutex_lock(&real->mutex);
	if (real->closed) {
		pthread_mutex_unlock(&real->mutex);
		sem_destroy(&item.done);
		return;
	}
	*real->calls_tail = &item;
	real->calls_tail = &item.next;
	pthread_mutex_unlock(&real->mutex);
	uv_async_send(&real->wake);
	while (sem_wait(&item.done) < 0)
		; /* interrupted */
	sem_destroy(&item.done);
}

struct start {
	void (*body)(void *ctx);
	void *ctx;
};

static void *thread_main(void *ctx)
{
	const struct start start = *(struct start *)ctx;
	free(ctx);
	start.body(start.ctx);
	return NULL;
}

static bool thread_start(struct bm_runtime *rt, struct bm_board *board, void (*body)(void *ctx), void *ctx)
{
	(void)rt;
	(void)board;
	struct start *start = malloc(sizeof *start);
	if (!start)
		return false;
	*start = (struct start){.body = body, .ctx = ctx};
	if (bm_spawn(thread_main, start, NULL))
		return true;
	free(start);
	return false;
}

static void thread_sleep(struct bm_runtime *rt, bm_time until)
{
	for (bm_time now = bm_runtime_now(rt); now < until; now = bm_runtime_now(rt)) {
		const uint64_t left = until - now;
		const struct timespec pause = {.tv_sec = (time_t)(left / 1000000),
					       .tv_nsec = (long)(left % 1000000) * 1000};
		nanosleep(&pause, NULL);
	}
}

static void gate_wait(struct bm_runtime *rt, struct bm_gate *gate)
{
	(void)rt;
	pthread_cond_wait(&gate->cond, &gate->mutex);
}

static void gate_notify(struct bm_runtime *rt, struct bm_gate *gate)
{
	(void)rt;
	pthread_cond_broadcast(&gate->cond);
}

const struct bm_engine_ops bm_real_ops = {
	.now = now_of,
	.call = call,
	.run = run,
	.stop = stop,
	.thread_start = thread_start,
	.thread_sleep = thread_sleep,
	.gate_wait = gate_wait,
	.gate_notify = gate_notify,
};

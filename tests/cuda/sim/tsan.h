/* What the thread sanitizer is told of fibres and of what orders them; nothing in other builds.
 * The files that include this are never compiled with it. */
#ifndef SIM_TSAN_H
#define SIM_TSAN_H

#ifdef SIM_TSAN
extern "C" {
void *__tsan_create_fiber(unsigned flags);
void *__tsan_get_current_fiber(void);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
void __tsan_acquire(void *address);
void __tsan_release(void *address);
}
enum { UNORDERED = 1 };
#define SWITCH_TO(fiber) __tsan_switch_to_fiber(fiber, UNORDERED)
#define ACQUIRE(address) __tsan_acquire((void *)(address))
#define RELEASE(address) __tsan_release((void *)(address))
#else
#define SWITCH_TO(fiber) ((void)(fiber))
#define ACQUIRE(address) ((void)(address))
#define RELEASE(address) ((void)(address))
#endif

#endif

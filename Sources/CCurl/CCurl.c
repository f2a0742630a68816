#define CURL_DISABLE_TYPECHECK
#include "CCurl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

const size_t ccurl_read_abort = CURL_READFUNC_ABORT;

#undef curl_easy_setopt
#undef curl_easy_getinfo
static __typeof__(&curl_global_init) global_init;
static __typeof__(&curl_easy_init) easy_init;
static __typeof__(&curl_easy_reset) easy_reset;
static __typeof__(&curl_easy_cleanup) easy_cleanup;
static __typeof__(&curl_easy_perform) easy_perform;
static __typeof__(&curl_easy_strerror) easy_strerror;
static __typeof__(&curl_easy_setopt) easy_setopt;
static __typeof__(&curl_easy_getinfo) easy_getinfo;
static __typeof__(&curl_slist_append) slist_append;
static __typeof__(&curl_slist_free_all) slist_free_all;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char failure[256];

static void load(void) {
    const struct {
        void **function;
        const char *name;
    } functions[] = {
        {(void **)&global_init, "curl_global_init"},   {(void **)&easy_init, "curl_easy_init"},
        {(void **)&easy_reset, "curl_easy_reset"},     {(void **)&easy_cleanup, "curl_easy_cleanup"},
        {(void **)&easy_perform, "curl_easy_perform"}, {(void **)&easy_strerror, "curl_easy_strerror"},
        {(void **)&easy_setopt, "curl_easy_setopt"},   {(void **)&easy_getinfo, "curl_easy_getinfo"},
        {(void **)&slist_append, "curl_slist_append"}, {(void **)&slist_free_all, "curl_slist_free_all"},
    };
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(failure, sizeof failure, "libcurl cannot be loaded: %s", dlerror());
        return;
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        *functions[i].function = dlsym(library, functions[i].name);
        if (*functions[i].function == NULL) {
            snprintf(failure, sizeof failure, "libcurl has no %s", functions[i].name);
            return;
        }
    }
    if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) snprintf(failure, sizeof failure, "libcurl cannot be started");
}

const char *ccurl_load(void) {
    pthread_once(&once, load);
    return failure[0] == '\0' ? NULL : failure;
}

CURL *ccurl_easy_init(void) { return easy_init(); }
void ccurl_easy_reset(CURL *handle) { easy_reset(handle); }
void ccurl_easy_cleanup(CURL *handle) { easy_cleanup(handle); }
CURLcode ccurl_easy_perform(CURL *handle) { return easy_perform(handle); }
const char *ccurl_easy_strerror(CURLcode code) { return easy_strerror(code); }
struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *text) { return slist_append(list, text); }
void ccurl_slist_free_all(struct curl_slist *list) { slist_free_all(list); }

CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) { return easy_setopt(handle, option, value); }
CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return easy_setopt(handle, option, value);
}
CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value) {
    return easy_setopt(handle, option, value);
}
CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return easy_setopt(handle, option, value);
}
CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value) { return easy_setopt(handle, option, value); }
CURLcode ccurl_set_transfer(CURL *handle, CURLoption option, ccurl_transfer value) {
    return easy_setopt(handle, option, value);
}
CURLcode ccurl_set_seek(CURL *handle, ccurl_seek value) { return easy_setopt(handle, CURLOPT_SEEKFUNCTION, value); }
CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value) { return easy_getinfo(handle, info, value); }

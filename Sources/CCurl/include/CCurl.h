// libcurl, loaded on first use: it costs 4 to 8 ms at start-up, and most commands do not talk to the network.
// Its variadic functions, which Swift cannot call, have one typed shim for each kind of argument.
#ifndef CCURL_H
#define CCURL_H

#include <curl/curl.h>

/// dlopen(3) and curl_global_init(3), once. NULL when libcurl can be used, else why not.
const char *ccurl_load(void);

/* The functions of these names without the c. To be called only after ccurl_load() returned NULL. */
CURL *ccurl_easy_init(void);
void ccurl_easy_reset(CURL *handle);
void ccurl_easy_cleanup(CURL *handle);
CURLcode ccurl_easy_perform(CURL *handle);
const char *ccurl_easy_strerror(CURLcode code);
struct curl_slist *ccurl_slist_append(struct curl_slist *list, const char *text);
void ccurl_slist_free_all(struct curl_slist *list);

/* curl_easy_setopt(3) and curl_easy_getinfo(3) by the kind of their argument. */
typedef size_t (*ccurl_transfer)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ccurl_seek)(void *context, curl_off_t offset, int origin);
CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value);
CURLcode ccurl_set_offset(CURL *handle, CURLoption option, curl_off_t value);
CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *value);
CURLcode ccurl_set_list(CURL *handle, CURLoption option, struct curl_slist *value);
CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, void *value);
CURLcode ccurl_set_transfer(CURL *handle, CURLoption option, ccurl_transfer value);
CURLcode ccurl_set_seek(CURL *handle, ccurl_seek value);
CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value);

/* Macros of curl.h that Swift does not see. */
extern const size_t ccurl_read_abort;

#endif

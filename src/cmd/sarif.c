#include "config.h"

#include "cmd/sarif.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"

#define SARIF_SCHEMA "https://json.schemastore.org/sarif-2.1.0.json"

/* A path as a relative URI (RFC 3986, 2.3: unreserved characters). */
static char *
sarif_uri(const char *path, size_t n)
{
	struct buf b = BUF_INIT(0);
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)path[i];

		if (c < 0x80 && (isalnum(c) || (c != '\0' &&
		    strchr("-._~/", c) != NULL)))
			buf_addc(&b, (char)c);
		else
			buf_addf(&b, "%%%02X", c);
	}
	return buf_take(&b);
}

static cJSON *
sarif_location(const cJSON *finding)
{
	cJSON *location = cJSON_CreateObject();
	cJSON *place = cJSON_AddObjectToObject(location, "physicalLocation");
	cJSON *file = cJSON_AddObjectToObject(place, "artifactLocation");
	cJSON *region = cJSON_AddObjectToObject(place, "region");
	int64_t line = json_int(finding, "line", 1);
	int64_t end = json_int(finding, "end_line", line);
	size_t n;
	AUTO_FREE char *path = json_get_bytes(finding, "path", &n);
	AUTO_FREE char *uri = path == NULL ? NULL : sarif_uri(path, n);

	json_add_str(file, "uri", uri == NULL ? "" : uri);
	json_add_str(file, "uriBaseId", "%SRCROOT%");
	json_add_int(region, "startLine", line);
	if (end > line)
		json_add_int(region, "endLine", end);
	return location;
}

static cJSON *
sarif_result(const cJSON *finding)
{
	cJSON *o = cJSON_CreateObject(), *locations;

	json_add_str(o, "ruleId", json_str_or(finding, "rule",
	    json_str_or(finding, "by", "review")));
	json_add_str(o, "level", json_str_or(finding, "severity", "note"));
	json_add_str(cJSON_AddObjectToObject(o, "message"), "text",
	    json_str_or(finding, "message", ""));
	locations = cJSON_AddArrayToObject(o, "locations");
	cJSON_AddItemToArray(locations, sarif_location(finding));
	return o;
}

cJSON *
sarif_make(const cJSON *findings)
{
	cJSON *log = cJSON_CreateObject(), *run = cJSON_CreateObject();
	cJSON *driver, *results;
	const cJSON *it;

	json_add_str(log, "$schema", SARIF_SCHEMA);
	json_add_str(log, "version", "2.1.0");
	cJSON_AddItemToArray(cJSON_AddArrayToObject(log, "runs"), run);
	driver = cJSON_AddObjectToObject(cJSON_AddObjectToObject(run, "tool"),
	    "driver");
	json_add_str(driver, "name", "assent");
	json_add_str(driver, "version", PACKAGE_VERSION);
	results = cJSON_AddArrayToObject(run, "results");
	cJSON_ArrayForEach(it, findings)
		cJSON_AddItemToArray(results, sarif_result(it));
	return log;
}

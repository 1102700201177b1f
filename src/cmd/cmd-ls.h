/* cmd-ls: the words for a session's state. */
#ifndef ASSENT_CMD_CMD_LS_H
#define ASSENT_CMD_CMD_LS_H

struct session_info;

/* "waiting", "running"; may be in a static buffer. */
const char *cmd_ls_state(const struct session_info *);

#endif

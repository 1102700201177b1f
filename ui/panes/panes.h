/*
 * panes: all panes but the proposal's (ui/diff/diff.h).
 */
#ifndef ASSENT_UI_PANES_PANES_H
#define ASSENT_UI_PANES_PANES_H

#include "ui/panes/pane-data.h"

extern const struct pane_ops pane_plan, pane_transcript, pane_output, pane_ask,
    pane_changes;

#endif

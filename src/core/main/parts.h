/* The parts of the session (core.h); start.c has their table. */
#ifndef ASSENT_CORE_PARTS_H
#define ASSENT_CORE_PARTS_H

struct core_part;

extern const struct core_part adds_part, again_part, agent_part, approval_part,
    baseline_part, budget_part, call_part, clean_part, comment_part,
    compact_part, context_part, diagnose_part, dispatch_part, driver_part,
    emit_part, evidence_part, feedback_part, fork_part, hook_part,
    inspect_part, job_part, model_part, notice_part, paths_part, plan_part,
    program_part, project_part, prompt_part, proof_part, propose_part,
    query_part, recover_part, registry_part, rule_part, run_part, sandbox_part, say_part,
    seen_part, slash_part, source_part, status_part, syntax_part,
    terminal_part, tools_part, turn_part, undeclared_part, undo_part;

extern const struct core_part *const core_parts[];	/* NULL-terminated */

#endif

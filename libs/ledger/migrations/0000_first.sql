CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"hash" text NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"last_used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "audit" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"role" text NOT NULL,
	"action" text NOT NULL,
	"target" text,
	"detail" json,
	"ip" text
);
--> statement-breakpoint
CREATE TABLE "bulk_actions" (
	"id" uuid PRIMARY KEY NOT NULL,
	"action" text NOT NULL,
	"filter" json NOT NULL,
	"args" json NOT NULL,
	"state" text NOT NULL,
	"cursor" text,
	"matched" bigint DEFAULT 0 NOT NULL,
	"done" bigint DEFAULT 0 NOT NULL,
	"failed" bigint DEFAULT 0 NOT NULL,
	"error" text,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "control" (
	"key" text PRIMARY KEY NOT NULL,
	"entry" json NOT NULL,
	"version" bigint NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"queue" text,
	"passable_at" timestamp (3) with time zone,
	"several" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "control_log" (
	"version" bigint PRIMARY KEY NOT NULL,
	"delta" json NOT NULL
);
--> statement-breakpoint
CREATE TABLE "counts" (
	"queue" text NOT NULL,
	"type" text NOT NULL,
	"state" text NOT NULL,
	"n" bigint NOT NULL,
	"runs" bigint DEFAULT 0 NOT NULL,
	"ran_ms" bigint DEFAULT 0 NOT NULL,
	"last_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "feed" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"changes" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "heads" (
	"name" text PRIMARY KEY NOT NULL,
	"value" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "history" (
	"id" uuid NOT NULL,
	"key" text,
	"type" text NOT NULL,
	"queue" text NOT NULL,
	"priority" smallint NOT NULL,
	"generation" integer NOT NULL,
	"base_generation" integer NOT NULL,
	"state" text NOT NULL,
	"attempt" integer NOT NULL,
	"delivery" integer NOT NULL,
	"state_at" timestamp (3) with time zone NOT NULL,
	"state_generation" integer NOT NULL,
	"state_step" smallint NOT NULL,
	"max_attempts" integer,
	"timeout_ms" bigint,
	"backoff" text,
	"expires_at" timestamp (3) with time zone,
	"payload" text,
	"result" text,
	"progress" text,
	"progress_place" text,
	"error" text,
	"error_text" text,
	"fingerprint" text,
	"dead_reason" text,
	"runs" text NOT NULL,
	"tags" text[],
	"tenant" text,
	"correlation_id" text,
	"group_key" text,
	"schedule" text,
	"scheduled_for" timestamp (3) with time zone,
	"flow" text,
	"traceparent" text,
	"worker" text,
	"origin" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"submitted_at" timestamp (3) with time zone,
	"due_at" timestamp (3) with time zone,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone NOT NULL,
	"cancel_requested_at" timestamp (3) with time zone,
	"keep_ms" bigint,
	"unique_key" text,
	"terms" integer[] NOT NULL,
	"shelf" smallint NOT NULL,
	CONSTRAINT "history_id_shelf_finished_at_pk" PRIMARY KEY("id","shelf","finished_at")
) PARTITION BY LIST ("shelf");
--> statement-breakpoint
CREATE TABLE "history_completed" PARTITION OF "history" FOR VALUES IN (0) PARTITION BY RANGE ("finished_at");
--> statement-breakpoint
CREATE TABLE "history_completed_rest" PARTITION OF "history_completed" DEFAULT;
--> statement-breakpoint
CREATE TABLE "history_given_up" PARTITION OF "history" FOR VALUES IN (1) PARTITION BY RANGE ("finished_at");
--> statement-breakpoint
CREATE TABLE "history_given_up_rest" PARTITION OF "history_given_up" DEFAULT;
--> statement-breakpoint
CREATE TABLE "history_own" PARTITION OF "history" FOR VALUES IN (2) PARTITION BY RANGE ("finished_at");
--> statement-breakpoint
CREATE TABLE "history_own_rest" PARTITION OF "history_own" DEFAULT;
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"key" text,
	"type" text NOT NULL,
	"queue" text NOT NULL,
	"priority" smallint NOT NULL,
	"generation" integer NOT NULL,
	"base_generation" integer NOT NULL,
	"state" text NOT NULL,
	"attempt" integer NOT NULL,
	"delivery" integer NOT NULL,
	"state_at" timestamp (3) with time zone NOT NULL,
	"state_generation" integer NOT NULL,
	"state_step" smallint NOT NULL,
	"max_attempts" integer,
	"timeout_ms" bigint,
	"backoff" text,
	"expires_at" timestamp (3) with time zone,
	"payload" text,
	"result" text,
	"progress" text,
	"progress_place" text,
	"error" text,
	"error_text" text,
	"fingerprint" text,
	"dead_reason" text,
	"runs" text NOT NULL,
	"tags" text[],
	"tenant" text,
	"correlation_id" text,
	"group_key" text,
	"schedule" text,
	"scheduled_for" timestamp (3) with time zone,
	"flow" text,
	"traceparent" text,
	"worker" text,
	"origin" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"submitted_at" timestamp (3) with time zone,
	"due_at" timestamp (3) with time zone,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"cancel_requested_at" timestamp (3) with time zone,
	"keep_ms" bigint,
	"unique_key" text,
	"terms" integer[] NOT NULL,
	"in_ledger" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "keys" (
	"key" text PRIMARY KEY NOT NULL,
	"job_id" uuid NOT NULL,
	"until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "logs" (
	"job_id" uuid NOT NULL,
	"seq" text NOT NULL,
	"attempt" integer NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"level" text NOT NULL,
	"message" text NOT NULL,
	"fields" text,
	CONSTRAINT "logs_job_id_at_seq_pk" PRIMARY KEY("job_id","at","seq")
) PARTITION BY RANGE ("at");
--> statement-breakpoint
CREATE TABLE "logs_rest" PARTITION OF "logs" DEFAULT;
--> statement-breakpoint
CREATE TABLE "outbox" (
	"seq" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_seq_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"job_id" uuid NOT NULL,
	"generation" integer NOT NULL,
	"parked_reason" text,
	"parked_until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "probes" (
	"id" uuid PRIMARY KEY NOT NULL,
	"queue" text NOT NULL,
	"priority" smallint NOT NULL,
	"sent_at" timestamp (3) with time zone NOT NULL,
	"reported_at" timestamp (3) with time zone,
	"held" uuid[],
	"judged_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "tombstones" (
	"id" uuid PRIMARY KEY NOT NULL,
	"until" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workers" (
	"name" text PRIMARY KEY NOT NULL,
	"queues" text[] NOT NULL,
	"types" text[] NOT NULL,
	"running" uuid[] NOT NULL,
	"held" integer NOT NULL,
	"held_jobs" uuid[],
	"control_version" bigint,
	"started_at" timestamp (3) with time zone NOT NULL,
	"said_at" timestamp (3) with time zone NOT NULL,
	"pulse" bigint NOT NULL,
	"seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"gone" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_at" ON "audit" USING btree ("at");--> statement-breakpoint
CREATE INDEX "counts_queue" ON "counts" USING btree ("queue");--> statement-breakpoint
CREATE INDEX "history_created" ON "history" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "history_finished" ON "history" USING btree ("finished_at","id");--> statement-breakpoint
CREATE INDEX "history_terms" ON "history" USING gin ("terms");--> statement-breakpoint
CREATE INDEX "history_error" ON "history" USING gin ("error_text" gin_trgm_ops) WHERE error_text is not null;--> statement-breakpoint
CREATE INDEX "history_own_until" ON "history_own" USING btree ((("finished_at" AT TIME ZONE 'UTC') + "keep_ms" * interval '1 millisecond'));--> statement-breakpoint
CREATE INDEX "jobs_created" ON "jobs" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "jobs_terms" ON "jobs" USING gin ("terms");--> statement-breakpoint
CREATE INDEX "jobs_due" ON "jobs" USING btree ("due_at") WHERE in_ledger;--> statement-breakpoint
CREATE INDEX "jobs_state" ON "jobs" USING btree ("queue","state","due_at");--> statement-breakpoint
CREATE INDEX "jobs_cancelling" ON "jobs" USING btree ("cancel_requested_at") WHERE cancel_requested_at is not null;--> statement-breakpoint
CREATE INDEX "keys_job" ON "keys" USING btree ("job_id");--> statement-breakpoint
CREATE INDEX "keys_until" ON "keys" USING btree ("until") WHERE until is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "outbox_job" ON "outbox" USING btree ("job_id","generation");--> statement-breakpoint
CREATE INDEX "outbox_ready" ON "outbox" USING btree ("seq") WHERE parked_until is null;--> statement-breakpoint
CREATE INDEX "outbox_parked" ON "outbox" USING btree ("parked_until") WHERE parked_until is not null;--> statement-breakpoint
CREATE INDEX "tombstones_until" ON "tombstones" USING btree ("until");--> statement-breakpoint
INSERT INTO "heads" ("name", "value") VALUES ('control', 0), ('feed', 0), ('pulse', 0);

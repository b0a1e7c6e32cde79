CREATE TABLE "schedule_ticks" (
	"schedule" text NOT NULL,
	"instant" timestamp (3) with time zone NOT NULL,
	"outcome" text NOT NULL,
	"job_id" uuid,
	"ticked_by" text NOT NULL,
	"reason" text,
	"decided_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "schedule_ticks_schedule_instant_pk" PRIMARY KEY("schedule","instant")
);
--> statement-breakpoint
CREATE TABLE "schedules" (
	"name" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"payload" text NOT NULL,
	"options" json NOT NULL,
	"cron" text,
	"time_zone" text,
	"every_ms" bigint,
	"anchor" timestamp (3) with time zone NOT NULL,
	"start_at" timestamp (3) with time zone,
	"end_at" timestamp (3) with time zone,
	"run_limit" integer,
	"overlap" text NOT NULL,
	"catch_up" text NOT NULL,
	"catch_up_limit" integer NOT NULL,
	"grace_ms" bigint NOT NULL,
	"enabled" boolean NOT NULL,
	"source" text NOT NULL,
	"declared" text,
	"revision" integer DEFAULT 1 NOT NULL,
	"watermark" timestamp (3) with time zone NOT NULL,
	"next_at" timestamp (3) with time zone,
	"run_count" bigint DEFAULT 0 NOT NULL,
	"missed_count" bigint DEFAULT 0 NOT NULL,
	"skipped_count" bigint DEFAULT 0 NOT NULL,
	"failed_count" bigint DEFAULT 0 NOT NULL,
	"last_run_at" timestamp (3) with time zone,
	"last_job_id" uuid,
	"ticked_at" timestamp (3) with time zone,
	"ticked_by" text,
	"ticked_late_ms" bigint,
	"last_missed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	"updated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_by" text NOT NULL,
	"deleted_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE INDEX "schedule_ticks_queued" ON "schedule_ticks" USING btree ("schedule","instant") WHERE outcome = 'queued';--> statement-breakpoint
CREATE INDEX "schedule_ticks_decided" ON "schedule_ticks" USING btree ("decided_at");--> statement-breakpoint
CREATE INDEX "schedules_next" ON "schedules" USING btree ("next_at") WHERE next_at is not null;--> statement-breakpoint
CREATE INDEX "jobs_schedule" ON "jobs" USING btree ("schedule") WHERE schedule is not null;
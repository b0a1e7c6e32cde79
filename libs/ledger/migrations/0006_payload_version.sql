ALTER TABLE "history" ADD COLUMN "version" integer;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "version" integer;
CREATE TABLE "metrics" (
	"queue" text NOT NULL,
	"minute" timestamp (3) with time zone NOT NULL,
	"accepted" bigint NOT NULL,
	"started" bigint NOT NULL,
	"completed" bigint NOT NULL,
	"failed" bigint NOT NULL,
	"dead" bigint NOT NULL,
	"cancelled" bigint NOT NULL,
	"expired" bigint NOT NULL,
	"ended" bigint NOT NULL,
	"ran_ms" bigint NOT NULL,
	"most_ran_ms" bigint NOT NULL,
	"folded" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE INDEX "metrics_minute" ON "metrics" USING btree ("minute","queue");--> statement-breakpoint
CREATE INDEX "metrics_parts" ON "metrics" USING btree ("minute") WHERE not folded;--> statement-breakpoint
CREATE INDEX "audit_actor" ON "audit" USING btree ("actor","seq");--> statement-breakpoint
CREATE INDEX "audit_action" ON "audit" USING btree ("action","seq");
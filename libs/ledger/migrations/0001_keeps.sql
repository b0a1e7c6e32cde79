CREATE TABLE "keeps" (
	"job_id" uuid PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"rules" json NOT NULL,
	"ended" text,
	"ended_at" timestamp (3) with time zone,
	"last" integer
);
--> statement-breakpoint
CREATE INDEX "keeps_last" ON "keeps" USING btree ("type","ended","ended_at") WHERE last is not null;
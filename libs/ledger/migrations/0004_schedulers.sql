CREATE TABLE "schedulers" (
	"name" text PRIMARY KEY NOT NULL,
	"ticked_at" timestamp (3) with time zone NOT NULL
);

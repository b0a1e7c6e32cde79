export interface PrivateRabbitMqOptions {
  /** Folder of its data, logs and settings; made if missing. A later start on it finds everything again. */
  dataDir: string;
  /** AMQP port on 127.0.0.1. Default: the one used before on this folder, else a free one. */
  port?: number;
  /** `true`: the management page on a port of its own. Default `false`. */
  management?: boolean;
  /** Lines added to `rabbitmq.conf`. */
  extraConf?: string;
  /**
   * The whole `advanced.config`, an Erlang term. Default: `[{rabbit, [{consumer_timeout, undefined}]}].`, no limit on how
   * long a job may hold its delivery.
   */
  advancedConf?: string;
  /** Size at which the write-ahead log of the quorum queues rolls over, in bytes. Default 64 MiB (the broker's is 512). */
  walMaxSizeBytes?: number;
  /** Erlang schedulers, each at most one core. Default 2; `'all'` leaves the broker's own default, for measuring. */
  schedulers?: number | 'all';
  /** `true`: the broker and its folder disappear with this process, however it ends. Default `false`. */
  temporary?: boolean;
  /** How long it may take to answer, in milliseconds. Default 60,000. */
  startDeadlineMs?: number;
  /** Whether it may be installed when it is missing: with apt-get as root or by `sudo -n`. Default `false`. */
  install?: boolean;
  /** Told what is going on when something takes long, such as an installation. */
  onProgress?: (line: string) => void;
}

/** A RabbitMQ of our own on 127.0.0.1. */
export interface PrivateRabbitMq {
  /** `amqp://user:password@127.0.0.1:port`. Holds a secret: mask it before it is shown. */
  readonly url: string;
  readonly port: number;
  /** Address of the management page, with `management: true`. Its user and password are those of `url`. */
  readonly managementUrl: string | undefined;
  readonly dataDir: string;
  /** Process id of the broker now; it changes with a restart. `undefined` while it does not run. */
  readonly pid: number | undefined;
  /** Whether the broker's process lives. */
  isRunning(): boolean;
  /** Runs `rabbitmqctl` against it and returns what it printed. Rejects with `RABBITMQCTL_FAILED`. */
  ctl(...args: string[]): Promise<string>;
  /** Ends it at once with SIGKILL, as a crash would. `restart` brings it back. */
  kill(): Promise<void>;
  /** Stops it (if it runs) and starts it again with the same ports and data. */
  restart(): Promise<void>;
  /** Stops it and what belongs to it; a second call is harmless. Default deadline 8,000 ms, then by force. */
  stop(options?: { deadlineMs?: number }): Promise<void>;
}

/* Made by python/declare.py of the public headers; not to be edited. */
typedef struct ams_accelerator ams_accelerator;
typedef struct ams_agent ams_agent;
typedef struct ams_policy_kind ams_policy_kind;
typedef struct ams_scheduler ams_scheduler;
typedef enum ams_status {
    AMS_OK = 0, AMS_USAGE = 1, AMS_BAD_DATA = 2, AMS_IO = 3, AMS_BACKEND = 4, AMS_DIFFERS = 5, AMS_DIVERGED = 6, AMS_LEFT = 75, AMS_STOPPED_HUP = 129, AMS_STOPPED_INT = 130, AMS_STOPPED_USR1 = 138, AMS_STOPPED_TERM = 143
} ams_status;
typedef struct ams_error {
    char text[1024];
} ams_error;
ams_status ams_fail(ams_error *err, ams_status code, const char *format, ...) ;
typedef enum ams_cell_kind {
    AMS_CELL_NONE, AMS_CELL_REAL, AMS_CELL_COUNT, AMS_CELL_FLAG, AMS_CELL_TEXT
} ams_cell_kind;
typedef struct ams_cell {
    ams_cell_kind kind;
    union {
    double real;
    uint64_t count;
    bool flag;
    const char *text;
} as;
} ams_cell;
typedef int ams_digits;
typedef struct ams_column {
    const char *name;
    const char *meaning;
    ams_digits digits;
    const char *json;
    const char *head;
    int width;
    ams_digits shown;
    double scale;
    const char *before, *after;
    const char *absent;
    const char *yes, *no;
} ams_column;
typedef struct ams_frame {
    ams_column *column;
    size_t n_columns, n_rows;
    ams_cell *cell;
    size_t room;
    char **text;
    double *largest;
} ams_frame;
void ams_frame_print(const ams_frame *frame, FILE *stream);
typedef struct ams_result_part {
    const char *name;
    ams_cell value;
    ams_frame *frame;
} ams_result_part;
typedef struct ams_result {
    ams_result_part *part;
    size_t n, room;
} ams_result;
ams_frame *ams_result_frame(const ams_result *result, const char *name);
void ams_result_fini(ams_result *result);
typedef struct ams_pool ams_pool;
ams_status ams_pool_create(ams_pool **pool, uint32_t threads, ams_error *err);
void ams_pool_destroy(ams_pool *pool);
typedef struct ams_progress {
    void *context;
    void (*update)(void *context, double done, double total, const char *note);
    void (*notice)(void *context, const char *text);
} ams_progress;
typedef enum ams_key_type {
    AMS_KEY_U64, AMS_KEY_DOUBLE, AMS_KEY_CHOICE, AMS_KEY_TEXT
} ams_key_type;
enum {
    AMS_TEXT_MAX = 64
};
typedef struct ams_alias {
    const char *alias, *name;
} ams_alias;
typedef struct ams_key {
    const char *name;
    ams_key_type type;
    size_t offset;
    const char *default_value;
    double minimum, maximum;
    const char *const *choices;
    const ams_alias *aliases;
    const char *help;
    bool (*parse)(const char *text, void *options);
    const char *expected;
} ams_key;
ams_status ams_config_file(void *options, const ams_key *keys, size_t count, const char *path, ams_error *err);
typedef struct ams_names {
    uint32_t count;
    char *text;
    size_t text_used, text_capacity;
    size_t *start;
    size_t start_capacity;
    uint32_t *slot;
    uint32_t slots;
} ams_names;
void ams_names_fini(ams_names *names);
ams_status ams_names_add(ams_names *names, const char *name, size_t length, uint32_t *index, ams_error *err);
uint32_t ams_names_find(const ams_names *names, const char *name, size_t length);
const char *ams_names_get(const ams_names *names, uint32_t index);
enum {
    AMS_MAX_MODELS = 64, AMS_HASH_TEXT = 33, AMS_COST_UNIT_MAX = 16
};
typedef enum ams_split {
    AMS_TRAIN = 0, AMS_VALIDATION = 1, AMS_TEST = 2
} ams_split;
extern const char *const ams_output_kinds[];
typedef struct ams_exits {
    ams_names network;
    uint32_t *of;
    uint8_t *stage;
} ams_exits;
typedef struct ams_table {
    uint32_t n_items, n_models, n_labels;
    char *name, *created, *generator, *source, *license;
    char *cost_unit;
    float *threshold;
    uint8_t *kind;
    ams_exits exits;
    ams_names model_name;
    ams_names task_name;
    uint32_t *model_task;
    float *theta;
    float *time_ms;
    float *mem_mb;
    ams_names label_name;
    ams_names item_id;
    ams_names group_name;
    uint32_t *item_group;
    uint8_t *split;
    uint64_t *truth_indptr;
    uint32_t *truth;
    uint64_t *indptr;
    uint32_t *label;
    float *conf;
    float *run_time_ms;
} ams_table;
ams_status ams_table_read(ams_table *table, const char *path, ams_error *err);
ams_status ams_table_write(const ams_table *table, const char *path, ams_error *err);
void ams_table_fini(ams_table *table);
ams_status ams_table_check(const ams_table *table, uint64_t nnz, ams_error *err);
ams_status ams_table_hash(const ams_table *table, char text[AMS_HASH_TEXT], ams_error *err);
const char *ams_table_cost_unit(const ams_table *table);
typedef enum ams_value_mode {
    AMS_VALUE_CONF, AMS_VALUE_COUNT, AMS_VALUE_BEST
} ams_value_mode;
typedef enum ams_reward_mode {
    AMS_REWARD_PAPER, AMS_REWARD_GAIN, AMS_REWARD_GAIN_RATE, AMS_REWARD_REMAINING, AMS_REWARD_TIME
} ams_reward_mode;
typedef enum ams_feature_mode {
    AMS_FEATURES_LABELS, AMS_FEATURES_LABELS_MASK, AMS_FEATURES_CONF, AMS_FEATURES_CONF_MASK
} ams_feature_mode;
extern const char *const ams_value_modes[];
extern const char *const ams_reward_modes[];
extern const char *const ams_feature_modes[];
enum {
    AMS_MAX_GOALS = 8
};
typedef struct ams_env_observer {
    uint32_t (*observe)(const void *context, uint32_t item, uint64_t mask, uint32_t *index, float *value);
    const void *context;
    uint32_t n, most;
} ams_env_observer;
typedef struct ams_env_options {
    ams_value_mode value;
    ams_reward_mode reward;
    ams_feature_mode features;
    bool end;
    bool until_goals;
    bool goal_input;
    bool goal_heads;
    uint32_t n_goals;
    double goal[AMS_MAX_GOALS];
    const char *theta;
    const float *threshold;
    const float *worth;
    double price;
    ams_env_observer observer;
} ams_env_options;
ams_env_options ams_env_defaults(void);
typedef struct ams_env {
    ams_env_options options;
    uint32_t n_items, n_models, n_labels;
    uint32_t n_actions;
    uint32_t n_features;
    uint32_t n_goals;
    uint32_t n_goal_inputs;
    uint32_t goal_at;
    uint32_t max_features;
    uint64_t all_models;
    const float *time_ms;
    const float *log_time;
    const float *theta;
    const float *threshold;
    const uint8_t *split;
    double total_time_ms;
    double mean_time_ms;
    char cost_unit[AMS_COST_UNIT_MAX + 1];
    const uint64_t *entry;
    const uint32_t *label;
    const uint64_t *makers;
    const uint64_t *seen;
    const double *profit;
    const uint64_t *conf_at;
    const float *conf;
    const double *full;
} ams_env;
ams_status ams_env_create(ams_env **env, const ams_table *table, const ams_env_options *options, ams_error *err);
void ams_env_destroy(ams_env *env);
enum {
    AMS_MAX_LAYERS = 4, AMS_MAX_UNITS = 4096
};
typedef struct ams_net {
    uint32_t n_layers;
    uint32_t width[AMS_MAX_LAYERS + 1];
    bool dueling;
    uint32_t heads;
    uint64_t weight[AMS_MAX_LAYERS];
    uint64_t bias[AMS_MAX_LAYERS];
    uint64_t n_params;
    float *params;
} ams_net;
typedef enum ams_decide {
    AMS_DECIDE_Q_GREEDY, AMS_DECIDE_COST_Q, AMS_DECIDE_ODDS
} ams_decide;
extern const char *const ams_decide_modes[];
typedef enum ams_stored {
    AMS_STORED_FP32, AMS_STORED_FP16, AMS_STORED_INT8
} ams_stored;
typedef struct ams_policy_file {
    char agent[64];
    char label[64];
    uint64_t seed;
    uint64_t updates;
    ams_decide decide;
    ams_env_options env;
    char data_hash[AMS_HASH_TEXT];
    ams_names model_name;
    float *time_ms, *mem_mb, *theta;
    float *threshold;
    ams_names label_name;
    ams_net net;
    ams_stored stored;
    double serves_ms[AMS_MAX_GOALS];
} ams_policy_file;
ams_status ams_policy_file_path(char **path, const char *target, ams_error *err);
ams_status ams_policy_file_read(ams_policy_file *policy, const char *path, ams_error *err);
void ams_policy_file_fini(ams_policy_file *policy);
typedef struct ams_train_options {
    int agent, backend, features, reward, value, end, decide, loss, best_by, targets;
    int lr_schedule, episode, device, precision, goal_input, refine_from;
    uint64_t seed, items, steps, batch, nstep, replay, warmup, target_every, epsilon_steps, envs, threads;
    uint64_t refine_items, refine_tries;
    uint64_t log_every, validate_every, checkpoint_every, patience;
    double lr, gamma, huber_delta, epsilon_start, epsilon_end, adam_beta1, adam_beta2, adam_epsilon, grad_clip, weight_decay, dropout, tau;
    double priority_alpha, priority_beta, priority_eps;
    double refine_lr, refine_temperature;
    char hidden[AMS_TEXT_MAX];
    char goals[AMS_TEXT_MAX];
    char label[AMS_TEXT_MAX];
    char theta[AMS_TEXT_MAX];
    char refine[AMS_TEXT_MAX];
    uint32_t n_hidden, hidden_width[AMS_MAX_LAYERS - 1];
    uint32_t n_goals;
    double goal[AMS_MAX_GOALS];
    uint64_t refine_updates;
} ams_train_options;
extern const ams_key ams_train_keys[];
extern const size_t ams_n_train_keys;
typedef struct ams_validation {
    double area;
    double time_ms;
} ams_validation;
typedef enum ams_run_outcome {
    AMS_RUN_FINISHED, AMS_RUN_ALREADY, AMS_RUN_STOPPED, AMS_RUN_PAUSED
} ams_run_outcome;
typedef struct ams_run_result {
    ams_run_outcome outcome;
    uint64_t resumed_at;
    char damaged[512];
    bool held_file;
    uint64_t updates;
    bool early;
    uint64_t best_updates;
    ams_validation best;
    double seconds, updates_per_s;
} ams_run_result;
typedef struct ams_training_request {
    ams_train_options train;
    char *data_path;
    char *directory;
    char *command;
    uint64_t memory_mb;
    uint64_t until;
    char *config_path;
    char **setting;
    size_t n_settings, capacity;
} ams_training_request;
ams_status ams_training_request_init(ams_training_request *request, ams_error *err);
void ams_training_request_fini(ams_training_request *request);
ams_status ams_training_request_set(ams_training_request *request, const char *setting, ams_error *err);
ams_status ams_training_request_put(ams_training_request *request, const char *key, const char *value, ams_error *err);
typedef struct ams_training ams_training;
ams_status ams_training_open(ams_training **training, const ams_training_request *request, ams_training *const *before, size_t n, const ams_progress *progress, ams_error *err);
void ams_training_close(ams_training *training);
ams_status ams_training_choose_device(ams_training *const *training, size_t n, const ams_progress *progress, ams_error *err);
typedef struct ams_training_how {
    ams_pool *pool;
    const volatile int *stop;
    const ams_progress *progress;
} ams_training_how;
ams_status ams_training_run(ams_training *training, const ams_training_how *how, ams_run_result *result, ams_error *err);
void ams_training_tell(const ams_training *training, ams_status status, const ams_run_result *result, const ams_progress *progress);
typedef struct ams_policy ams_policy;
ams_status ams_policy_create(ams_policy **policy, const char *spec, const ams_table *table, const ams_env *env, ams_error *err);
ams_status ams_policy_create_from_orders(ams_policy **policy, const ams_env *env, const uint8_t *order, ams_error *err);
void ams_policy_destroy(ams_policy *policy);
bool ams_policy_has_goals(const ams_policy *policy);
ams_status ams_policy_set_goal(ams_policy *policy, double goal, ams_error *err);
void ams_policy_set_name(ams_policy *policy, const char *label, uint64_t seed);
enum {
    AMS_RECALLS = 10, AMS_CURVE = 101, AMS_KEPT_DRAWS = 100
};
typedef struct ams_scores {
    char label[64];
    uint64_t seed;
    uint32_t n;
    uint32_t n_models;
    uint32_t *item;
    double *time_ms;
    double *models;
    double *area;
    float * recall_time;
    float *recall_models;
    uint8_t *order;
    uint8_t *order_n;
    uint8_t *final_n;
    uint32_t kept;
    double *final_ms;
    bool per_goal;
    uint32_t n_empty;
    double stderr_ms;
} ams_scores;
enum {
    AMS_COLUMN_TIME_MS = 0, AMS_COLUMN_MODELS = AMS_COLUMN_TIME_MS + AMS_RECALLS, AMS_COLUMN_AREA = AMS_COLUMN_MODELS + AMS_RECALLS, AMS_COLUMN_AT_TIME = AMS_COLUMN_AREA + 1, AMS_COLUMN_AFTER = AMS_COLUMN_AT_TIME + AMS_CURVE, AMS_DRAWN_COLUMNS = AMS_COLUMN_AT_TIME, AMS_RUN_COLUMNS = AMS_COLUMN_MODELS
};
typedef struct ams_group {
    const char *label;
    const ams_scores *const *run;
    uint32_t n_runs;
} ams_group;
typedef struct ams_interval {
    double mean, low, high;
} ams_interval;
typedef struct ams_bootstrap {
    uint32_t n_groups, n_columns, draws;
    double *mean;
    double *value;
    ams_interval *curve;
    uint32_t *first_run;
    double *run_mean;
    double *run_value;
    uint32_t *run_count;
    double *run_scratch;
    double *scratch;
} ams_bootstrap;
ams_interval ams_bootstrap_interval(const ams_bootstrap *bootstrap, double mean);
ams_interval ams_bootstrap_mean(const ams_bootstrap *bootstrap, uint32_t group, uint32_t column);
typedef struct ams_score_options {
    const char *data_path;
    const char *fit_path;
    const char *const *policy;
    size_t n_policies;
    ams_split split;
    bool recorded_times;
    uint64_t memory_mb;
    bool whole;
    uint32_t threads;
    int device;
    double goal;
    uint32_t draws;
    uint32_t bootstrap_draws;
    uint64_t seed;
    const char *command;
    const ams_progress *progress;
    struct ams_team *team;
} ams_score_options;
ams_score_options ams_score_defaults(void);
typedef struct ams_scored {
    ams_scores scores;
    double time_ms[AMS_RECALLS], models[AMS_RECALLS];
} ams_scored;
typedef struct ams_score_session {
    ams_score_options options;
    char data_hash[AMS_HASH_TEXT];
    uint32_t n_items;
    bool in_windows;
    ams_table table;
    ams_env *env;
    ams_policy **policy;
    ams_scored *scored;
    uint32_t n_policies;
    ams_group *group;
    uint32_t n_groups;
    uint32_t *member;
    uint32_t *first;
    uint32_t *rank;
    uint32_t all, random;
    ams_bootstrap bootstrap;
    size_t policy_capacity, scored_capacity;
    uint32_t *place;
    const ams_scores **scores;
    uint32_t n_done;
    ams_pool *pool;
    struct ams_table_file *file;
    uint32_t *item;
    struct ams_cuda_roller *roller;
    struct ams_score_errands *errands;
    uint8_t *rolled;
} ams_score_session;
ams_status ams_score_open(ams_score_session *s, const ams_score_options *options, ams_error *err);
ams_status ams_score_load(ams_score_session *s, ams_error *err);
ams_status ams_score_add(ams_score_session *s, ams_policy *policy, ams_error *err);
bool ams_score_has_kind(const ams_score_session *s, const char *kind);
ams_status ams_score_run(ams_score_session *s, ams_error *err);
void ams_score_close(ams_score_session *s);
typedef enum ams_score_metric {
    AMS_SCORE_TIME_MS, AMS_SCORE_MODELS_RUN, AMS_SCORE_SAVED_VS_ALL, AMS_SCORE_SAVED_VS_RANDOM, AMS_SCORE_MODELS_VS_RANDOM, AMS_SCORE_METRICS
} ams_score_metric;
extern const char *const ams_score_metric_names[AMS_SCORE_METRICS];
ams_interval ams_score_interval(const ams_score_session *s, uint32_t group, ams_score_metric metric, uint32_t q);
ams_status ams_score_write(const ams_score_session *s, const char *directory, ams_error *err);
ams_status ams_score_write_items(const ams_score_session *s, const char *directory, ams_error *err);
ams_status ams_score_result(const ams_score_session *session, ams_result *result, ams_error *err);
ams_status ams_policy_choose(const ams_policy *policy, const uint32_t *item, const uint64_t *mask, size_t n, float *q, uint32_t *model, ams_pool *pool, ams_error *err);
typedef struct ams_compare_options {
    const char *directory;
    ams_score_options score;
    const char *const *baseline;
    size_t n_baselines;
    bool baseline_items;
} ams_compare_options;
ams_compare_options ams_compare_defaults(void);
typedef struct ams_compare_member {
    char *directory;
    char *data_path;
    char data_hash[AMS_HASH_TEXT];
    uint64_t items;
    double seconds;
} ams_compare_member;
typedef struct ams_compare_row {
    const char *agent;
    uint32_t seeds;
    char required_recall[8];
    char metric[80];
    ams_interval interval;
} ams_compare_row;
typedef struct ams_compare {
    ams_compare_options options;
    char *eval_directory;
    ams_compare_member *run;
    size_t n_runs;
    size_t n_unfinished;
    ams_score_session score;
    uint64_t *items;
    uint32_t fixed, oracle;
    ams_compare_row *row;
    size_t n_rows;
    const char **spec;
    size_t n_specs;
} ams_compare;
ams_status ams_compare_run(ams_compare *c, const ams_compare_options *options, ams_error *err);
void ams_compare_close(ams_compare *c);
ams_status ams_compare_write(const ams_compare *c, ams_error *err);
typedef struct ams_cuda_roller ams_cuda_roller;
typedef struct ams_table_file ams_table_file;
typedef struct ams_row {
    const char *item, *group, *model, *split;
    double time_ms;
    uint32_t n_labels;
    const char *const *label;
    const double *conf;
    uint32_t n_truth;
    const char *const *truth;
    uint32_t clamped;
    uint32_t unknown_fields;
    const char *unknown_field;
} ams_row;
typedef struct ams_row_parser ams_row_parser;
ams_status ams_row_parser_create(ams_row_parser **parser, ams_error *err);
void ams_row_parser_destroy(ams_row_parser *parser);
ams_status ams_row_parse(ams_row_parser *parser, const char *line, size_t length, ams_row *row, ams_error *err);
typedef struct ams_split_options {
    double share[3];
    uint64_t seed;
} ams_split_options;
typedef enum ams_row_format {
    AMS_FORMAT_ROWS, AMS_FORMAT_KEYED, AMS_FORMAT_COCO, AMS_FORMAT_FIFTYONE, AMS_FORMAT_YOLO
} ams_row_format;
typedef struct ams_row_form {
    ams_row_format format;
    const char *columns;
    const char *separator;
    const char *label_names;
    const char *time_unit;
    const char *const *model_files;
    size_t n_model_files;
    const char *items;
    double keep;
} ams_row_form;
typedef struct ams_import_options {
    const char *models_path;
    ams_row_form form;
    const char *truth_path;
    const char *output;
    const char *name, *source, *license;
    const char *threshold;
    const char *cost;
    const char *cost_unit;
    ams_split_options split;
    bool skip_bad, allow_missing;
    bool merge_labels;
    void (*progress)(void *context, uint64_t rows, uint64_t bytes, uint64_t total_bytes);
    void *progress_context;
    struct ams_team *team;
} ams_import_options;
ams_import_options ams_import_defaults(void);
typedef struct ams_import_counts {
    uint64_t rows, bad_rows, missing_runs, unknown_fields, rows_without_time, merged_labels;
    uint64_t clamped;
    uint64_t below_keep;
    uint64_t truth_left_out;
    uint32_t items_with_truth;
    bool times_from_rows;
    char first_bad[1024];
    char unknown_field[64];
    uint32_t n_items, n_models, n_labels;
    uint64_t n_outputs;
} ams_import_counts;
ams_status ams_data_import(const char *const *rows, size_t n_rows, const ams_import_options *options, ams_import_counts *counts, ams_error *err);
ams_status ams_data_split(ams_table *table, const ams_split_options *options, ams_error *err);
ams_status ams_data_split_from(ams_table *table, const char *path, const char *column, ams_error *err);
typedef enum ams_figure_format {
    AMS_FIGURE_SVG, AMS_FIGURE_PNG, AMS_FIGURE_PDF, AMS_FIGURE_FORMATS
} ams_figure_format;
extern const char *const ams_figure_format_names[AMS_FIGURE_FORMATS];
typedef struct ams_figures_options {
    const char *const *folder;
    size_t n_folders;
    const char *const *figure;
    size_t n_figures;
    bool format[AMS_FIGURE_FORMATS];
    const char *out;
    const char *policy;
    const char *gnuplot;
    ams_progress progress;
} ams_figures_options;
ams_figures_options ams_figures_defaults(void);
typedef struct ams_figures_result {
    char **path;
    size_t n, capacity;
} ams_figures_result;
ams_status ams_figures_draw(const ams_figures_options *options, ams_figures_result *result, ams_error *err);
void ams_figures_result_fini(ams_figures_result *result);
typedef enum ams_autoreset {
    AMS_AUTORESET_NEXT_STEP, AMS_AUTORESET_SAME_STEP, AMS_AUTORESET_OFF
} ams_autoreset;
typedef struct ams_vector_env_options {
    ams_split split;
    ams_autoreset autoreset;
    uint64_t seed;
    uint32_t goal;
} ams_vector_env_options;
typedef struct ams_vector_env {
    uint32_t n, n_features, n_actions;
    const float *observation;
    const float *final_observation;
    const int8_t *action_mask;
    const float *reward;
    const uint8_t *terminated;
    const uint32_t *item;
    const double *time_ms;
    const double *episode_return;
    const uint32_t *episode_length;
} ams_vector_env;
ams_status ams_vector_env_create(ams_vector_env **vector, const ams_env *env, uint32_t n, const ams_vector_env_options *options, ams_error *err);
void ams_vector_env_destroy(ams_vector_env *vector);
ams_status ams_vector_env_reset(ams_vector_env *vector, const uint64_t *seed, const uint32_t *item, ams_error *err);
ams_status ams_vector_env_step(ams_vector_env *vector, const int64_t *action, ams_error *err);
void ams_vector_env_observe(const ams_vector_env *vector, float *observation);
extern const char ams_version[];
extern const char ams_version_commit[];
typedef enum ams_online_code {
    AMS_ONLINE_OK = 0, AMS_ONLINE_NO_POLICY, AMS_ONLINE_DAMAGED, AMS_ONLINE_BAD_POLICY, AMS_ONLINE_SMALL, AMS_ONLINE_BAD_ARGUMENT, AMS_ONLINE_NO_MODEL, AMS_ONLINE_NO_LABEL, AMS_ONLINE_BAD_CONFIDENCE, AMS_ONLINE_BAD_TIME, AMS_ONLINE_BAD_ORDER
} ams_online_code;
const char *ams_online_text(int code);
typedef struct ams_online ams_online;
enum {
    AMS_ONLINE_MODELS = 64
};
int ams_online_size(const void *bytes, size_t n_bytes, size_t *size);
int ams_online_open(ams_online **policy, const void *bytes, size_t n_bytes, void *memory, size_t size);
uint32_t ams_online_models(const ams_online *policy);
uint32_t ams_online_labels(const ams_online *policy);
const char *ams_online_model_name(const ams_online *policy, uint32_t model);
const char *ams_online_label_name(const ams_online *policy, uint32_t label);
uint32_t ams_online_model(const ams_online *policy, const char *name);
uint32_t ams_online_label(const ams_online *policy, const char *name);
uint32_t ams_online_goals(const ams_online *policy, double *goal, uint32_t most);
float ams_online_model_ms(const ams_online *policy, uint32_t model);
float ams_online_model_mb(const ams_online *policy, uint32_t model);
typedef struct ams_item ams_item;
typedef enum ams_item_rule {
    AMS_ITEM_AUTO, AMS_ITEM_TRAINED, AMS_ITEM_Q_GREEDY, AMS_ITEM_COST_Q, AMS_ITEM_ODDS, AMS_ITEM_ALGORITHM_1, AMS_ITEM_ALGORITHM_2, AMS_ITEM_PLAN, AMS_ITEM_PLAN_BESIDE, AMS_ITEM_ALGORITHM_2_AGAIN
} ams_item_rule;
typedef struct ams_item_limits {
    double deadline_ms;
    double memory_mb;
    double stop_below;
    int rule, negative, late, stop;
    const float *priority;
    const float *time_ms;
    const float *mem_mb;
    double goal;
    double aim, draw;
} ams_item_limits;
ams_item_limits ams_item_limits_none(void);
size_t ams_item_size(const ams_online *policy);
int ams_item_begin(ams_item **item, const ams_online *policy, const ams_item_limits *limits, void *memory, size_t size);
int ams_item_aim(ams_item *item, double goal);
double ams_item_goal(const ams_item *item);
typedef enum ams_item_answer {
    AMS_ITEM_START, AMS_ITEM_WAIT, AMS_ITEM_DONE
} ams_item_answer;
typedef struct ams_item_step {
    ams_item_answer answer;
    uint32_t n;
    uint32_t model[AMS_ONLINE_MODELS];
    double wake_ms;
} ams_item_step;
int ams_item_next(ams_item *item, double now_ms, ams_item_step *step);
int ams_item_started(ams_item *item, uint32_t model, double now_ms);
int ams_item_finished(ams_item *item, uint32_t model, double now_ms, const uint32_t *label, const float *confidence, size_t n);
int ams_item_finished_named(ams_item *item, uint32_t model, double now_ms, const char *const *label, const float *confidence, size_t n);
int ams_item_failed(ams_item *item, uint32_t model, double now_ms);
typedef struct ams_item_result {
    uint64_t finished;
    uint64_t failed;
    uint64_t cut;
    uint64_t running;
    uint64_t untouched;
    double now_ms;
    double busy_ms;
    double saved_ms;
    double peak_mb;
    uint32_t decisions;
    uint32_t labels;
    uint64_t unknown;
} ams_item_result;
int ams_item_results(const ams_item *item, ams_item_result *result);
uint32_t ams_item_labels(const ams_item *item, uint32_t *label, uint32_t most);
int ams_item_values(ams_item *item, float *value);
void free(void *);

#include "cli/words.h"

#include "ams/agent.h"
#include "ams/options.h"
#include "ams/policy.h"

#include <stdio.h>

static void print_names(const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        printf(" %s", names[i]);
    }
}

/* Of the commands that take them as "key=value". */
static void print_keys(void)
{
    printf("_ams_keys()\n{\n    case $1 in\n    'train' | 'tune') echo \"");
    for (size_t k = 0; k < ams_n_train_keys; k++) {
        printf(" %s=", ams_train_keys[k].name);
    }
    puts("\" ;;\n    esac\n}\n");
}

static void print_values(void)
{
    printf("_ams_values()\n{\n    case $1 in\n    --agent | --agents) echo");
    print_names(ams_agent_names);
    printf(" ;;\n    --device) echo cpu cuda auto cuda:0 ;;\n    --policy) compgen -f -- "
           "\"$current\"; echo");
    for (uint32_t i = 0; i < ams_n_policy_kinds; i++) {
        printf(" %s", ams_policy_kinds[i]->name);
    }
    puts(" ;;");
    for (size_t k = 0; k < ams_n_train_keys; k++) {
        if (ams_train_keys[k].type == AMS_KEY_CHOICE) {
            printf("    %s) echo", ams_train_keys[k].name);
            print_names(ams_train_keys[k].choices);
            puts(" ;;");
        }
    }
    puts("    esac\n}\n");
}

void cli_print_words(void)
{
    print_keys();
    print_values();
}

// Written by `npm run types` from docs/openapi/catalog.json.
export interface paths {
    "/api/v1/account": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Own Account
         * @description Return the account that is signed in.
         */
        get: operations["get_own_account"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/account/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change Own Password
         * @description Change the password of the account that is signed in.
         *
         *     All sessions of the account end, including the session of this request.
         */
        put: operations["change_own_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Accounts
         * @description List all accounts by name.
         */
        get: operations["list_accounts"];
        put?: never;
        /**
         * Create Account
         * @description Create an account.
         */
        post: operations["create_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/accounts/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Account
         * @description Return one account.
         */
        get: operations["get_account"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change Account
         * @description Disable or enable an account, change its role or its quota, or set a new password.
         */
        patch: operations["change_account"];
        trace?: never;
    };
    "/api/v1/docker-users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Docker Users
         * @description List the account's Docker users by name.
         */
        get: operations["list_docker_users"];
        put?: never;
        /**
         * Create Docker User
         * @description Create a Docker user.
         */
        post: operations["create_docker_user"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker-users/{username}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Docker User
         * @description Return one Docker user.
         */
        get: operations["get_docker_user"];
        put?: never;
        post?: never;
        /**
         * Delete Docker User
         * @description Delete a Docker user and its grants.
         *
         *     The name can be taken again when all tokens that name the Docker user have expired.
         */
        delete: operations["delete_docker_user"];
        options?: never;
        head?: never;
        /**
         * Change Docker User
         * @description Change a Docker user's description, disable or enable it, or switch token logins.
         */
        patch: operations["change_docker_user"];
        trace?: never;
    };
    "/api/v1/docker-users/{username}/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change Docker User Password
         * @description Set a new password for a Docker user.
         *
         *     Its logins end, also those with an access token. Its access tokens stay valid: each is a
         *     credential of its own, which you can revoke separately.
         */
        put: operations["change_docker_user_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Namespaces
         * @description List the account's namespaces by name.
         */
        get: operations["list_namespaces"];
        put?: never;
        /**
         * Create Namespace
         * @description Create a namespace.
         */
        post: operations["create_namespace"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Namespace
         * @description Return one namespace.
         */
        get: operations["get_namespace"];
        put?: never;
        post?: never;
        /**
         * Delete Namespace
         * @description Delete a namespace with its grants; with `cascade`, its repositories first.
         *
         *     It goes to the trash. If it has an immutable tag, add `force`.
         *
         *     Its name can be taken again after the tokens that name it have expired.
         */
        delete: operations["delete_namespace"];
        options?: never;
        head?: never;
        /**
         * Change Namespace
         * @description Change a namespace's visibility or description.
         *
         *     A new visibility applies to every token issued from then on.
         */
        patch: operations["change_namespace"];
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Namespace Grants
         * @description List the grants of a namespace by Docker user.
         */
        get: operations["list_namespace_grants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/grants/{docker_user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Put Grant
         * @description Allow a Docker user to pull, push, or delete images of a namespace.
         *
         *     `push` includes `pull`. `delete` includes `push`, and allows deletion with Docker clients.
         *
         *     The response is 201 for a new grant, and 200 if a grant already existed and now has this
         *     permission.
         */
        put: operations["put_grant"];
        post?: never;
        /**
         * Delete Grant
         * @description Revoke a grant. Tokens issued from then on no longer carry its permission.
         */
        delete: operations["delete_grant"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker-users/{username}/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Docker User Grants
         * @description List the grants of a Docker user by namespace.
         */
        get: operations["list_docker_user_grants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/docker-users/{username}/grants/{namespace}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Change Docker User Grant
         * @description Hide a grant that another account gave to a Docker user, or show it again.
         *
         *     Your lists of shared repositories leave a hidden grant's namespace out. The Docker user keeps
         *     its access, and the owner of the namespace does not see that you hid it.
         */
        patch: operations["change_docker_user_grant"];
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/rules/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Namespace Rules Preview
         * @description List what the stored rules of a namespace delete, and why they keep the other tags.
         *
         *     Repositories with rules of their own are left out.
         */
        get: operations["get_namespace_rules_preview"];
        put?: never;
        /**
         * Post Namespace Rules Preview
         * @description List what other rules would delete in a namespace, without a change of its rules.
         *
         *     Repositories with rules of their own are left out.
         */
        post: operations["post_namespace_rules_preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/repositories/{namespace}/{repository}/rules/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Repository Rules Preview
         * @description List what the rules that apply to a repository delete, and why they keep the other tags.
         */
        get: operations["get_repository_rules_preview"];
        put?: never;
        /**
         * Post Repository Rules Preview
         * @description List what other rules would delete in a repository, without a change of its rules.
         */
        post: operations["post_repository_rules_preview"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/namespaces/{namespace}/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Namespace Rules
         * @description Return the rules of a namespace.
         */
        get: operations["get_namespace_rules"];
        /**
         * Put Namespace Rules
         * @description Replace the rules of a namespace.
         *
         *     They apply to each repository in it that has no rules of its own. If a push or deletion of a tag
         *     that becomes immutable is not finished, the request waits for it, at most 20 s.
         */
        put: operations["put_namespace_rules"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/repositories/{namespace}/{repository}/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Repository Rules
         * @description Return the rules that apply to a repository: its own, or those of its namespace.
         */
        get: operations["get_repository_rules"];
        /**
         * Put Repository Rules
         * @description Give a repository rules of its own. They replace all rules of its namespace.
         *
         *     If a push or deletion of a tag that becomes immutable is not finished, the request waits for it,
         *     at most 20 s.
         */
        put: operations["put_repository_rules"];
        post?: never;
        /**
         * Delete Repository Rules
         * @description Delete the rules of a repository. Those of its namespace apply again.
         *
         *     If it has none, nothing changes.
         */
        delete: operations["delete_repository_rules"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/repositories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Repositories
         * @description List the account's own repositories, those shared with it by grants, or all public ones.
         *
         *     The shared ones are those that other accounts granted to its Docker users, without the grants
         *     that the account has hidden.
         */
        get: operations["list_repositories"];
        put?: never;
        /**
         * Create Repository
         * @description Create an empty repository.
         */
        post: operations["create_repository"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/repositories/{namespace}/{repository}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Repository
         * @description Return one repository: the account's own, a public one, or one shared with it by a grant.
         */
        get: operations["get_repository"];
        put?: never;
        post?: never;
        /**
         * Delete Repository
         * @description Delete a repository with all its images. It goes to the trash.
         *
         *     If it has an immutable tag, add `force`.
         *
         *     The deletion continues after the response. When all is gone, a GET returns 404. From now on,
         *     nobody gets a token for the repository. Its name can be taken again after the tokens that name
         *     it have expired.
         */
        delete: operations["delete_repository"];
        options?: never;
        head?: never;
        /**
         * Change Repository
         * @description Change a repository's description.
         */
        patch: operations["change_repository"];
        trace?: never;
    };
    "/api/v1/images/{namespace}/{repository}@{digest}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Image By Digest
         * @description Return one image by its digest, tagged or not.
         */
        get: operations["get_image_by_digest"];
        put?: never;
        post?: never;
        /**
         * Delete Image By Digest
         * @description Delete an image with all tags on it, unless a tagged multi-platform image needs it.
         *
         *     An image that an immutable tag names is not deleted either. The tags of its signatures are
         *     deleted too. The image goes to the trash.
         */
        delete: operations["delete_image_by_digest"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/{namespace}/{repository}:{tag}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Image By Tag
         * @description Return one image by a tag.
         *
         *     Its pull commands use the address of this request.
         */
        get: operations["get_image_by_tag"];
        put?: never;
        post?: never;
        /**
         * Delete Image By Tag
         * @description Delete one tag, unless it is immutable. Other tags on the same image remain.
         *
         *     The tag goes to the trash.
         *
         *     If somebody pushes the tag at the same time, the later of the two wins.
         */
        delete: operations["delete_image_by_tag"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/{namespace}/{repository}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Tags
         * @description List the repository's tags with the images that they name.
         *
         *     Tags of signatures and of lists of referrers belong to other images, which show them as
         *     `referrers`. They are left out.
         */
        get: operations["list_tags"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/{namespace}/{repository}/delete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete Images
         * @description Delete up to 500 tags, each as `DELETE` of the tag does, or preview it.
         *
         *     The response says which tags were deleted, and why the others were not.
         */
        post: operations["delete_images"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images/{namespace}/{repository}/copy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Copy Image
         * @description Copy an image within the registry, or give it another tag, without moving bytes.
         *
         *     Its children, its signatures, and its other referrers are copied too. The repository is created
         *     if it does not exist. An existing tag is replaced as by a push.
         */
        post: operations["copy_image"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trash": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Trash
         * @description List the entries of the trash, the newest first.
         */
        get: operations["list_trash"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trash/{id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore From Trash
         * @description Restore an entry of the trash, with its pull counts.
         *
         *     It replaces nothing: if the deleted tag exists again, choose another one with `tag`.
         */
        post: operations["restore_from_trash"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/trash/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete From Trash
         * @description Delete something for good: it cannot be restored any more.
         *
         *     The next garbage collection frees its space.
         */
        delete: operations["delete_from_trash"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Audit
         * @description List what the account did, and what anyone did to its objects, newest first.
         *
         *     The list has changes, pushes, and refused credentials. `action` is a whole action or its noun.
         *     `target` matches an object and everything below it.
         */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Storage
         * @description Return the blobs of the registry by state, and the runs of garbage collection.
         */
        get: operations["get_storage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/storage/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create Garbage Collection
         * @description Start a garbage collection. It begins within seconds, and continues after the response.
         */
        post: operations["create_garbage_collection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/storage/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Garbage Collection
         * @description Return one garbage collection with its progress, or with its report once it has ended.
         */
        get: operations["get_garbage_collection"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/storage/runs/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Delete Current Garbage Collection
         * @description Stop the garbage collection that is running.
         *
         *     It ends after the step that it has begun, and leaves nothing half done. The next one continues.
         */
        delete: operations["delete_current_garbage_collection"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AccountChange
         * @description The fields to change. A field that is missing stays as it is.
         *
         *     So does one that is null, except for `storage_quota_bytes`: null removes the quota.
         */
        AccountChange: {
            /**
             * Disabled
             * @description true ends the account's sessions and the logins of its Docker users
             */
            disabled?: boolean | null;
            /** Role */
            role?: ("admin" | "member") | null;
            /**
             * Password
             * @description a new password ends the account's sessions
             */
            password?: string | null;
            /**
             * Storage Quota Bytes
             * @description how many bytes the account can use; null removes the limit
             * @example 10737418240
             */
            storage_quota_bytes?: number | null;
        };
        /**
         * AccountCreate
         * @description A new account.
         */
        AccountCreate: {
            /**
             * Username
             * @example ci-builder
             */
            username: string;
            /**
             * Password
             * Format: password
             * @description 8 to 128 characters of any script, without control characters.
             * @example correct horse battery
             */
            password: string;
            /**
             * Role
             * @default member
             * @enum {string}
             */
            role: "admin" | "member";
        };
        /**
         * AccountOut
         * @description An account, as an administrator sees it.
         */
        AccountOut: {
            /**
             * Storage Quota Bytes
             * @description how many bytes the account can use; null: no limit
             * @example 10737418240
             */
            storage_quota_bytes: number | null;
            /**
             * Storage Used Bytes
             * @description each blob and each manifest once; includes the trash, and uploads that no image uses yet
             * @example 73400320
             */
            storage_used_bytes: number;
            /**
             * Storage Trash Bytes
             * @description the part of `storage_used_bytes` that only the trash needs
             * @example 1048576
             */
            storage_trash_bytes: number;
            /**
             * Storage State
             * @description `warning`: 80 % of the quota are used; `critical`: 95 %; `exceeded`: nothing more can be pushed; without a quota always `ok`
             * @enum {string}
             */
            storage_state: "ok" | "warning" | "critical" | "exceeded";
            /**
             * Username
             * @example acme
             */
            username: string;
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "member";
            /**
             * Disabled
             * @description if true, neither the account nor its Docker users can sign in
             */
            disabled: boolean;
            /**
             * Created At
             * Format: date-time
             * @description UTC
             */
            created_at: string;
        };
        /**
         * AuditEntryOut
         * @description One change, one push, or refused credentials.
         */
        AuditEntryOut: {
            /**
             * At
             * Format: date-time
             * @description time of the change, UTC
             */
            at: string;
            /**
             * Account
             * @description account that made the change; null if no account was signed in, if a Docker user pushed or deleted, or if the operator used the command line
             * @example acme
             */
            account: string | null;
            /**
             * Owner
             * @description account that owns the object; null if no account does
             * @example acme
             */
            owner: string | null;
            /**
             * Docker User
             * @description Docker user that pushed, or deleted with a Docker client; else null
             * @example ci-builder
             */
            docker_user: string | null;
            /**
             * Via
             * @description `session`, the name of the API key with the id `api_key_id`, `command line`, or `retention` (a rule of the namespace or repository); null for Docker users, refused credentials, and entries from before 0.1.0
             * @example session
             */
            via: string | null;
            /**
             * Api Key Id
             * @description id of the API key; null if the change was not made with one
             */
            api_key_id: string | null;
            /**
             * Action
             * @description `noun.verb`
             * @example namespace.change
             */
            action: string;
            /**
             * Target
             * @description the object's path below `/api/v1/`
             * @example namespaces/team
             */
            target: string;
            /**
             * Changes
             * @description value before and value after, by field; `[null, null]` for a secret; a long text is cut and ends with `…`
             * @example {
             *       "visibility": [
             *         "private",
             *         "public"
             *       ]
             *     }
             */
            changes: {
                [key: string]: (string | number | boolean | null)[];
            };
            /**
             * Occurrences
             * @description for refused credentials: how many refusals the entry stands for, all within an hour; otherwise 1
             * @example 1
             */
            occurrences: number;
            /**
             * Client Address
             * @example 203.0.113.7
             */
            client_address: string | null;
        };
        /**
         * BlobsOut
         * @description A number of blobs, and their bytes.
         */
        BlobsOut: {
            /**
             * Count
             * @example 1200
             */
            count: number;
            /**
             * Size Bytes
             * @example 73400320
             */
            size_bytes: number;
        };
        /**
         * BulkDeletionOut
         * @description What was deleted, in the order of the request.
         */
        BulkDeletionOut: {
            /** Deleted */
            deleted: components["schemas"]["NamedTagOut"][];
            /** Failed */
            failed: components["schemas"]["FailureOut"][];
        };
        /**
         * BulkPreviewOut
         * @description The consequences of deleting the tags together.
         */
        BulkPreviewOut: {
            /**
             * Tags
             * @description the tags that would be deleted
             */
            tags: components["schemas"]["NamedTagOut"][];
            /**
             * Failed
             * @description the tags that cannot be deleted
             */
            failed: components["schemas"]["FailureOut"][];
            /**
             * Sibling Tags
             * @description other tags on the same images, which remain
             * @example [
             *       "latest"
             *     ]
             */
            sibling_tags: string[];
            /**
             * Indexes
             * @description tagged multi-platform images that remain and contain one of the images
             */
            indexes: components["schemas"]["IndexOut"][];
            /**
             * Referrers
             * @description signatures and other artifacts of the images that nothing else needs, at most 200, the newest first. Garbage collection deletes them with the images.
             */
            referrers: components["schemas"]["ReferrerOut"][];
            /**
             * Exclusive Bytes
             * @description size of the blobs that only the images without another tag or index reference, each once, over all tags and repositories of the account
             * @example 3401613
             */
            exclusive_bytes: number;
            /**
             * Last Pulled At
             * @description last pull of any of the tags, UTC; null: never
             */
            last_pulled_at: string | null;
        };
        /**
         * CopyIn
         * @description The image to copy, and the tag to set.
         */
        CopyIn: {
            /**
             * Source
             * @description an image that the account can read: `namespace/repository:tag` or `namespace/repository@sha256:…`
             * @example team/app:v1
             */
            source: string;
            /**
             * Tag
             * @description the tag to set; if it exists, it is replaced as by a push
             * @example production
             */
            tag: string;
        };
        /**
         * DecisionOut
         * @description What retention would do with one tag.
         */
        DecisionOut: {
            /**
             * Repository
             * @description path of the repository
             * @example team/app
             */
            repository: string;
            /**
             * Tag
             * @example v1
             */
            tag: string;
            /**
             * Digest
             * @example sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
             */
            digest: string;
            /**
             * Pushed At
             * Format: date-time
             * @description UTC
             */
            pushed_at: string;
            /**
             * Last Used At
             * @description latest of the tag's pulls, its checks, and the pulls of its digest, UTC; null: never
             */
            last_used_at: string | null;
            /**
             * Decision
             * @enum {string}
             */
            decision: "delete" | "keep";
            /**
             * Reason
             * @description why, as a sentence
             * @example The rule for "*" keeps the newest 10 tags, and this tag is number 3.
             */
            reason: string;
            /**
             * @description why: `immutable`, `no_rule`, the condition of the rule that keeps the tag, or `not_kept` for a tag that is deleted
             * @example keep_last
             */
            reason_code: components["schemas"]["Reason"];
            /**
             * Rule
             * @description index in `retention` of the rule that keeps the tag, or of the first rule that matches it if it is deleted; null if no rule decides
             * @example 0
             */
            rule: number | null;
        };
        /**
         * DeletionPreviewOut
         * @description The consequences of deleting the image.
         */
        DeletionPreviewOut: {
            /**
             * Sibling Tags
             * @description other tags on the image: deleting the tag keeps them, and deleting the digest deletes them
             * @example [
             *       "latest"
             *     ]
             */
            sibling_tags: string[];
            /**
             * Indexes
             * @description tagged multi-platform images that need the image: while there is one, the digest cannot be deleted
             */
            indexes: components["schemas"]["IndexOut"][];
            /**
             * Referrers
             * @description signatures and other artifacts that refer to the image, at most 200, the newest first. Deleting the tag keeps them. Deleting the digest deletes their tags of cosign too, and garbage collection deletes those without a tag.
             */
            referrers: components["schemas"]["ReferrerOut"][];
            /**
             * Exclusive Bytes
             * @description size of the blobs that only this image references, over all tags and repositories of the account; 0 while another tag or index needs the image
             * @example 3401613
             */
            exclusive_bytes: number;
            /**
             * Last Pulled At
             * @description UTC; null: never
             */
            last_pulled_at: string | null;
        };
        /**
         * DockerUserChange
         * @description The fields to change. A field that is missing or null stays as it is.
         */
        DockerUserChange: {
            /** Description */
            description?: string | null;
            /**
             * Disabled
             * @description if true, the Docker user can neither log in nor use its tokens; false enables it again
             */
            disabled?: boolean | null;
            /** Token Login */
            token_login?: boolean | null;
        };
        /**
         * DockerUserCreate
         * @description A new Docker user.
         */
        DockerUserCreate: {
            /**
             * Username
             * @example ci-builder
             */
            username: string;
            /**
             * Password
             * Format: password
             * @description 8 to 128 characters of any script, without control characters.
             * @example correct horse battery
             */
            password: string;
            /**
             * Description
             * @description Free text on one line.
             * @default
             * @example Images of the web team
             */
            description: string;
            /**
             * Token Login
             * @description let `docker login` store a token instead of the password; Kubernetes cannot use a pull secret that is made from such a login
             * @default false
             */
            token_login: boolean;
        };
        /**
         * DockerUserGrantOut
         * @description A grant of a Docker user.
         */
        DockerUserGrantOut: {
            /**
             * Namespace
             * @example team
             */
            namespace: string;
            /**
             * Permission
             * @description `push` includes `pull`, and `delete` includes `push`
             * @example push
             * @enum {string}
             */
            permission: "pull" | "push" | "delete";
            /**
             * Shared
             * @description whether another account owns the namespace
             */
            shared: boolean;
            /**
             * Hidden
             * @description if true, the lists of shared repositories leave the namespace out; this changes no access, and the owner of the namespace does not see it
             */
            hidden: boolean;
        };
        /**
         * DockerUserOut
         * @description A Docker user.
         */
        DockerUserOut: {
            /**
             * Username
             * @example ci-builder
             */
            username: string;
            /**
             * Account
             * @description account that owns the Docker user
             * @example acme
             */
            account: string;
            /**
             * Description
             * @example Builds the web images
             */
            description: string;
            /**
             * Disabled
             * @description if true, it can neither log in nor use its tokens
             */
            disabled: boolean;
            /**
             * Token Login
             * @description `docker login` stores a token instead of the password
             */
            token_login: boolean;
            /**
             * Created At
             * Format: date-time
             * @description UTC
             */
            created_at: string;
            /**
             * Last Login At
             * @description UTC; null: never
             */
            last_login_at: string | null;
        };
        /**
         * FailureOut
         * @description A tag that was not deleted, or cannot be.
         */
        FailureOut: {
            /**
             * Tag
             * @example v3
             */
            tag: string;
            /**
             * Code
             * @description as in an error of the API: `not_found`; `tag_immutable`; `change_in_progress`: a push or deletion of the tag is not finished, or the registry has not confirmed this deletion yet; `registry_unavailable`: the registry does not respond
             * @example not_found
             */
            code: string;
            /**
             * Detail
             * @example There is no image 'team/app:v3'.
             */
            detail: string;
        };
        /**
         * GrantChange
         * @description Whether to hide a grant.
         */
        GrantChange: {
            /**
             * Hidden
             * @description true hides the grant from the lists of shared repositories, also if its namespace is granted again later; false shows it again
             */
            hidden: boolean;
        };
        /**
         * GrantOut
         * @description A grant of a namespace.
         */
        GrantOut: {
            /**
             * Docker User
             * @example ci-builder
             */
            docker_user: string;
            /**
             * Account
             * @description account that owns the Docker user
             * @example acme
             */
            account: string;
            /**
             * Permission
             * @description `push` includes `pull`, and `delete` includes `push`
             * @example push
             * @enum {string}
             */
            permission: "pull" | "push" | "delete";
            /**
             * Created At
             * Format: date-time
             * @description UTC
             */
            created_at: string;
            /**
             * Updated At
             * Format: date-time
             * @description UTC
             */
            updated_at: string;
        };
        /**
         * GrantPut
         * @description The permission to grant.
         */
        GrantPut: {
            /**
             * Permission
             * @description `push` includes `pull`, and `delete` includes `push`
             * @example push
             * @enum {string}
             */
            permission: "pull" | "push" | "delete";
            /**
             * Account
             * @description account that owns the Docker user; required unless that account also owns the namespace
             * @example partner
             */
            account?: string | null;
        };
        /**
         * HoldOut
         * @description A backup or a copy of the storage, during which no blob is deleted.
         */
        HoldOut: {
            /**
             * Id
             * @example 3
             */
            id: number;
            /**
             * Reason
             * @example a backup
             */
            reason: string;
            /**
             * Begun At
             * Format: date-time
             * @description UTC
             */
            begun_at: string;
            /**
             * Expires At
             * Format: date-time
             * @description UTC; when garbage collection deletes blobs again, if the hold is not renewed
             */
            expires_at: string;
        };
        /**
         * ImageOut
         * @description One image.
         */
        ImageOut: {
            /**
             * Tag
             * @description the requested tag; null if the image was requested by digest
             * @example v1
             */
            tag: string | null;
            /**
             * Digest
             * @example sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
             */
            digest: string;
            /**
             * Media Type
             * @example application/vnd.oci.image.manifest.v1+json
             */
            media_type: string;
            /**
             * Artifact Type
             * @description type of an artifact that is not an image: a chart, a signature, …
             */
            artifact_type: string | null;
            /**
             * Subject
             * @description for a signature or an SBOM: the digest of the image that it describes
             */
            subject: string | null;
            /**
             * Size Bytes
             * @description config and compressed layers of all platforms
             * @example 3401613
             */
            size_bytes: number;
            /** Platforms */
            platforms: components["schemas"]["PlatformOut"][];
            /**
             * Layers
             * @description empty for an index, because each platform has its own layers
             */
            layers: components["schemas"]["LayerOut"][];
            /**
             * Labels
             * @example {
             *       "org.opencontainers.image.source": "https://example.com/app"
             *     }
             */
            labels: {
                [key: string]: string;
            };
            /**
             * Created At
             * @description time of the build, from the config; UTC
             */
            created_at: string | null;
            /**
             * Pushed At
             * Format: date-time
             * @description UTC
             */
            pushed_at: string;
            /**
             * Pushed By
             * @description Docker user; empty if the image was copied, or if the registry never reported the push
             * @example ci-builder
             */
            pushed_by: string;
            /**
             * Pull Count
             * @description pulls of the tag; null if the image was requested by digest
             * @example 1204
             */
            pull_count: number | null;
            /**
             * Last Pulled At
             * @description last pull of the tag, UTC; null: never, or the image was requested by digest
             */
            last_pulled_at: string | null;
            /**
             * Tags
             * @description all tags that name the image
             * @example [
             *       "latest",
             *       "v1"
             *     ]
             */
            tags: string[];
            /**
             * Referrers
             * @description signatures and other artifacts that refer to the image, at most 200, the newest first
             */
            referrers: components["schemas"]["ReferrerOut"][];
            /** Pull Commands */
            pull_commands: components["schemas"]["PullCommandOut"][];
        };
        /**
         * IndexOut
         * @description A multi-platform image with its tags.
         */
        IndexOut: {
            /**
             * Digest
             * @example sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
             */
            digest: string;
            /**
             * Tags
             * @example [
             *       "latest"
             *     ]
             */
            tags: string[];
        };
        /**
         * Kind
         * @description What an entry restores.
         * @enum {string}
         */
        Kind: "tag" | "manifest" | "repository" | "namespace";
        /**
         * LayerOut
         * @description One layer of an image.
         */
        LayerOut: {
            /**
             * Digest
             * @example sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
             */
            digest: string;
            /**
             * Media Type
             * @example application/vnd.oci.image.layer.v1.tar+gzip
             */
            media_type: string;
            /**
             * Size Bytes
             * @description compressed
             * @example 3401613
             */
            size_bytes: number;
        };
        /**
         * NamedTagOut
         * @description A tag, and the image that it names.
         */
        NamedTagOut: {
            /**
             * Tag
             * @example v1
             */
            tag: string;
            /**
             * Digest
             * @example sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
             */
            digest: string;
        };
        /**
         * NamespaceChange
         * @description The fields to change. A field that is missing or null stays as it is.
         */
        NamespaceChange: {
            /** Visibility */
            visibility?: ("public" | "private") | null;
            /** Description */
            description?: string | null;
        };
        /**
         * NamespaceCreate
         * @description A new namespace.
         */
        NamespaceCreate: {
            /**
             * Name
             * @example team
             */
            name: string;
            /**
             * Visibility
             * @enum {string}
             */
            visibility: "public" | "private";
            /**
             * Description
             * @description Free text on one line.
             * @default
             * @example Images of the web team
             */
            description: string;
        };
        /**
         * NamespaceDetailOut
         * @description A namespace with its use of the storage.
         */
        NamespaceDetailOut: {
            /**
             * Name
             * @example team
             */
            name: string;
            /**
             * Account
             * @description account that owns the namespace
             * @example acme
             */
            account: string;
            /**
             * Visibility
             * @description `public`: every signed-in Docker user can pull; `private`: only a Docker user with a grant can pull
             * @enum {string}
             */
            visibility: "public" | "private";
            /**
             * Description
             * @example Images of the web team
             */
            description: string;
            /**
             * Repository Count
             * @example 3
             */
            repository_count: number;
            /**
             * Pull Count
             * @description sum over all repositories
             * @example 1204
             */
            pull_count: number;
            /**
             * Size Bytes
             * @description sum over all repositories; a layer counts once in each repository that has it
             * @example 73400320
             */
            size_bytes: number;
            /**
             * Created At
             * Format: date-time
             * @description UTC
             */
            created_at: string;
            /**
             * Deleting
             * @description true while the repositories of the deleted namespace are being deleted; the namespace disappears with the last one
             * @example false
             */
            deleting: boolean;
            /**
             * Storage Used Bytes
             * @description bytes of all images, tagged or not: each blob and each manifest once; the trash of the namespace does not count; with very many images, the figure can be some minutes old
             * @example 41943040
             */
            storage_used_bytes: number;
        };
        /**
         * NamespaceOut
         * @description A namespace.
         */
        NamespaceOut: {
            /**
             * Name
             * @example team
             */
            name: string;
            /**
             * Account
             * @description account that owns the namespace
             * @example acme
             */
            account: string;
            /**
             * Visibility
             * @description `public`: every signed-in Docker user can pull; `private`: only a Docker user with a grant can pull
             * @enum {string}
             */
            visibility: "public" | "private";
            /**
             * Description
             * @example Images of the web team
             */
            description: string;
            /**
             * Repository Count
             * @example 3
             */
            repository_count: number;
            /**
             * Pull Count
             * @description sum over all repositories
             * @example 1204
             */
            pull_count: number;
            /**
             * Size Bytes
             * @description sum over all repositories; a layer counts once in each repository that has it
             * @example 73400320
             */
            size_bytes: number;
            /**
             * Created At
             * Format: date-time
             * @description UTC
             */
            created_at: string;
            /**
             * Deleting
             * @description true while the repositories of the deleted namespace are being deleted; the namespace disappears with the last one
             * @example false
             */
            deleting: boolean;
        };
        /**
         * ObstacleOut
         * @description Why retention does not run now.
         */
        ObstacleOut: {
            /**
             * Code
             * @enum {string}
             */
            code: "counting_behind" | "dead_letters" | "counts_too_young";
            /**
             * Detail
             * @example Pulls are known since 2026-11-17 12:01 UTC, and a rule asks for the last 30 days. Retention waits until 2026-12-17 12:01 UTC.
             */
            detail: string;
        };
        /**
         * OwnAccountOut
         * @description The account that is signed in.
         */
        OwnAccountOut: {
            /**
             * Storage Quota Bytes
             * @description how many bytes the account can use; null: no limit
             * @example 10737418240
             */
            storage_quota_bytes: number | null;
            /**
             * Storage Used Bytes
             * @description each blob and each manifest once; includes the trash, and uploads that no image uses yet
             * @example 73400320
             */
            storage_used_bytes: number;
            /**
             * Storage Trash Bytes
             * @description the part of `storage_used_bytes` that only the trash needs
             * @example 1048576
             */
            storage_trash_bytes: number;
            /**
             * Storage State
             * @description `warning`: 80 % of the quota are used; `critical`: 95 %; `exceeded`: nothing more can be pushed; without a quota always `ok`
             * @enum {string}
             */
            storage_state: "ok" | "warning" | "critical" | "exceeded";
            /**
             * Username
             * @example acme
             */
            username: string;
            /**
             * Role
             * @enum {string}
             */
            role: "admin" | "member";
            /**
             * Created At
             * Format: date-time
             * @description UTC
             */
            created_at: string;
        };
        /**
         * OwnPasswordChange
         * @description A new password for the account that is signed in.
         */
        OwnPasswordChange: {
            /**
             * Current Password
             * Format: password
             * @example correct horse battery
             */
            current_password: string;
            /**
             * Password
             * Format: password
             * @description 8 to 128 characters of any script, without control characters.
             * @example correct horse battery
             */
            password: string;
        };
        /** PageOut[AccountOut] */
        PageOut_AccountOut_: {
            /** Items */
            items: components["schemas"]["AccountOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /** PageOut[AuditEntryOut] */
        PageOut_AuditEntryOut_: {
            /** Items */
            items: components["schemas"]["AuditEntryOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /** PageOut[DockerUserGrantOut] */
        PageOut_DockerUserGrantOut_: {
            /** Items */
            items: components["schemas"]["DockerUserGrantOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /** PageOut[DockerUserOut] */
        PageOut_DockerUserOut_: {
            /** Items */
            items: components["schemas"]["DockerUserOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /** PageOut[GrantOut] */
        PageOut_GrantOut_: {
            /** Items */
            items: components["schemas"]["GrantOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /** PageOut[NamespaceOut] */
        PageOut_NamespaceOut_: {
            /** Items */
            items: components["schemas"]["NamespaceOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /** PageOut[RepositoryOut] */
        PageOut_RepositoryOut_: {
            /** Items */
            items: components["schemas"]["RepositoryOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /** PageOut[TagOut] */
        PageOut_TagOut_: {
            /** Items */
            items: components["schemas"]["TagOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /** PageOut[TrashEntryOut] */
        PageOut_TrashEntryOut_: {
            /** Items */
            items: components["schemas"]["TrashEntryOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /**
         * PasswordChange
         * @description A new password.
         */
        PasswordChange: {
            /**
             * Password
             * Format: password
             * @description 8 to 128 characters of any script, without control characters.
             * @example correct horse battery
             */
            password: string;
        };
        /**
         * Phase
         * @description What a run does at the moment.
         * @enum {string}
         */
        Phase: "requested" | "listing" | "deleting" | "marking" | "confirming" | "sweeping" | "purging" | "done";
        /**
         * PlatformOut
         * @description One platform of an image.
         */
        PlatformOut: {
            /**
             * Os
             * @example linux
             */
            os: string;
            /**
             * Architecture
             * @example arm64
             */
            architecture: string;
            /**
             * Variant
             * @example v8
             */
            variant: string | null;
            /**
             * Digest
             * @description of the manifest for this platform
             * @example sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
             */
            digest: string;
            /**
             * Size Bytes
             * @description config and compressed layers
             * @example 3401613
             */
            size_bytes: number;
        };
        /**
         * PreviewOut
         * @description What retention would delete at a moment, a page of tags at a time.
         */
        PreviewOut: {
            /**
             * At
             * Format: date-time
             * @description the moment, UTC; the next pages are for the same one
             */
            at: string;
            /**
             * Deleted Count
             * @description of all pages
             * @example 120
             */
            deleted_count: number;
            /**
             * Kept Count
             * @description of all pages
             * @example 34
             */
            kept_count: number;
            /**
             * Obstacles
             * @description why retention would not run now; empty if nothing keeps it from running
             */
            obstacles: components["schemas"]["ObstacleOut"][];
            /**
             * Items
             * @description in the order of repositories and tags
             */
            items: components["schemas"]["DecisionOut"][];
            /**
             * Next Cursor
             * @description The `cursor` of the next page; null on the last page.
             */
            next_cursor: string | null;
        };
        /**
         * PullCommandOut
         * @description A shell command that pulls the image.
         */
        PullCommandOut: {
            /**
             * Client
             * @example docker
             */
            client: string;
            /**
             * Command
             * @example docker pull registry.example.com/team/app:v1
             */
            command: string;
        };
        /**
         * Reason
         * @description Why a tag is kept or deleted. The values of ``keep_…`` are the fields of a rule.
         * @enum {string}
         */
        Reason: "immutable" | "no_rule" | "keep_last" | "keep_pulled_within_days" | "keep_pushed_within_days" | "not_kept";
        /**
         * ReferrerKind
         * @description What a referrer is.
         * @enum {string}
         */
        ReferrerKind: "signature" | "attestation" | "sbom" | "other";
        /**
         * ReferrerOut
         * @description A signature, an SBOM, or another artifact that refers to the image.
         */
        ReferrerOut: {
            /**
             * Digest
             * @example sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
             */
            digest: string;
            /**
             * Artifact Type
             * @description null if the manifest has none
             * @example application/spdx+json
             */
            artifact_type: string | null;
            /** @description by the tag of cosign, else by the artifact type or the type of the layer */
            kind: components["schemas"]["ReferrerKind"];
            /**
             * Size Bytes
             * @description config and layers
             * @example 2048
             */
            size_bytes: number;
            /**
             * Pushed At
             * Format: date-time
             * @description UTC
             */
            pushed_at: string;
            /**
             * Annotations
             * @description of the manifest, at most 16 KiB; empty while the registry cannot be read
             * @example {
             *       "org.opencontainers.image.created": "2026-11-27T10:00:00Z"
             *     }
             */
            annotations: {
                [key: string]: string;
            };
            /**
             * Tags
             * @description cosign derives its tags from the digest of the image
             * @example [
             *       "sha256-4fb4e1d2.sig"
             *     ]
             */
            tags: string[];
        };
        /**
         * ReportOut
         * @description What a run found and did, or would do if it is a dry one.
         */
        ReportOut: {
            /**
             * Blobs
             * @description blobs in the storage when the run marked
             */
            blobs: number;
            /**
             * Blob Bytes
             * @description bytes of these blobs
             */
            blob_bytes: number;
            /**
             * Manifests
             * @description deleted manifests, which nothing needed
             */
            manifests: number;
            /**
             * Marked
             * @description blobs that wait for their deletion since this run
             */
            marked: number;
            /**
             * Marked Bytes
             * @description bytes of these blobs
             */
            marked_bytes: number;
            /**
             * Deleted
             * @description deleted blobs, which had waited long enough
             */
            deleted: number;
            /**
             * Freed Bytes
             * @description bytes that the run freed on the disk
             */
            freed_bytes: number;
            /**
             * Revived
             * @description marked blobs that live again since the run before, because a client asked
             */
            revived: number;
            /**
             * Kept
             * @description marked blobs that were needed again when their wait had ended
             */
            kept: number;
            /**
             * Needed
             * @description in a dry run, the number of blobs that it would keep, by reason: `manifest`, `image`, `index`, `trash`, `push`, `marked`, `unknown manifest`, `client`
             * @example {
             *       "image": 80,
             *       "manifest": 12,
             *       "trash": 4
             *     }
             */
            needed: {
                [key: string]: number;
            };
            /**
             * Uploads
             * @description purged uploads, to which nobody had written for a day
             */
            uploads: number;
            /**
             * Repositories
             * @description empty repositories that were removed from the storage
             */
            repositories: number;
            /**
             * Failures
             * @description repositories that keep their garbage, with the reason
             * @example {
             *       "team/app": "the registry does not respond"
             *     }
             */
            failures: {
                [key: string]: string;
            };
            /**
             * Further Failures
             * @description further such repositories, for which the report has no room
             */
            further_failures: number;
            /**
             * Hold
             * @description what kept the run from deleting blobs, such as a backup; empty if nothing did
             * @example a backup, until 2026-11-27 13:00 UTC at the latest
             */
            hold: string;
        };
        /**
         * RepositoryChange
         * @description The fields to change. A field that is missing or null stays as it is.
         */
        RepositoryChange: {
            /** Description */
            description?: string | null;
        };
        /**
         * RepositoryCreate
         * @description A new, empty repository. A first push creates one too.
         */
        RepositoryCreate: {
            /**
             * Namespace
             * @example team
             */
            namespace: string;
            /**
             * Name
             * @example charts/web
             */
            name: string;
            /**
             * Description
             * @description Free text on one line.
             * @default
             * @example Images of the web team
             */
            description: string;
        };
        /**
         * RepositoryDetailOut
         * @description A repository with its use of the storage.
         */
        RepositoryDetailOut: {
            /**
             * Namespace
             * @example team
             */
            namespace: string;
            /**
             * Name
             * @example charts/web
             */
            name: string;
            /**
             * Status
             * @description `empty`: it has no image yet; `deleting`: its images are being deleted, and the repository disappears with the last one
             * @enum {string}
             */
            status: "empty" | "active" | "deleting";
            /**
             * Description
             * @example The web front end
             */
            description: string;
            /**
             * Pull Count
             * @description pulls by digest and by tag, including tags deleted since
             * @example 1204
             */
            pull_count: number;
            /**
             * Last Pulled At
             * @description UTC; null: never
             */
            last_pulled_at: string | null;
            /**
             * Last Pushed At
             * @description UTC; null: never
             */
            last_pushed_at: string | null;
            /**
             * Tag Count
             * @example 12
             */
            tag_count: number;
            /**
             * Size Bytes
             * @description sum over all images that have a tag, each image once; a layer counts once in each image that has it
             * @example 73400320
             */
            size_bytes: number;
            /**
             * Created At
             * Format: date-time
             * @description UTC
             */
            created_at: string;
            /**
             * Storage Used Bytes
             * @description bytes of all images, tagged or not: each blob and each manifest once; the trash of the repository does not count; with very many images, the figure can be some minutes old
             * @example 41943040
             */
            storage_used_bytes: number;
        };
        /**
         * RepositoryOut
         * @description A repository.
         */
        RepositoryOut: {
            /**
             * Namespace
             * @example team
             */
            namespace: string;
            /**
             * Name
             * @example charts/web
             */
            name: string;
            /**
             * Status
             * @description `empty`: it has no image yet; `deleting`: its images are being deleted, and the repository disappears with the last one
             * @enum {string}
             */
            status: "empty" | "active" | "deleting";
            /**
             * Description
             * @example The web front end
             */
            description: string;
            /**
             * Pull Count
             * @description pulls by digest and by tag, including tags deleted since
             * @example 1204
             */
            pull_count: number;
            /**
             * Last Pulled At
             * @description UTC; null: never
             */
            last_pulled_at: string | null;
            /**
             * Last Pushed At
             * @description UTC; null: never
             */
            last_pushed_at: string | null;
            /**
             * Tag Count
             * @example 12
             */
            tag_count: number;
            /**
             * Size Bytes
             * @description sum over all images that have a tag, each image once; a layer counts once in each image that has it
             * @example 73400320
             */
            size_bytes: number;
            /**
             * Created At
             * Format: date-time
             * @description UTC
             */
            created_at: string;
        };
        /**
         * RestoreIn
         * @description How to restore.
         */
        RestoreIn: {
            /**
             * Tag
             * @description for a tag or an image: the tag to set if the deleted one exists again
             * @example v1-restored
             */
            tag?: string | null;
        };
        /**
         * RestoredOut
         * @description What was restored.
         */
        RestoredOut: {
            /**
             * Status
             * @description `restoring`: it takes longer, and goes on after the response; the entry leaves the trash when all is restored
             * @enum {string}
             */
            status: "restored" | "restoring";
            kind: components["schemas"]["Kind"];
            /**
             * Path
             * @example team/app:v1
             */
            path: string;
            /**
             * Tags
             * @description at most 100 tags that were restored
             * @example [
             *       "v1"
             *     ]
             */
            tags: string[];
            /**
             * Taken Tags
             * @description at most 100 tags that were not restored, because they exist again
             */
            taken_tags: string[];
            /**
             * Missing
             * @description at most 100 images that could not be restored; they stay in the trash
             */
            missing: string[];
            /**
             * Vanished Docker Users
             * @description Docker users that were deleted, so that their grants could not be restored
             */
            vanished_docker_users: string[];
        };
        /**
         * RetentionRuleIn
         * @description Which of the matching tags to keep: at least one condition. Null is no such condition.
         */
        RetentionRuleIn: {
            /**
             * Tags
             * @description Shell pattern: `*` is any text, `?` one character, `[0-9]` one of a set, `[!0-9]` one of all others. Upper and lower case differ. No pattern matches tags that belong to other images, such as `sha256-….sig`.
             * @example v*
             */
            tags: string;
            /** Keep Last */
            keep_last?: number | null;
            /** Keep Pulled Within Days */
            keep_pulled_within_days?: number | null;
            /** Keep Pushed Within Days */
            keep_pushed_within_days?: number | null;
        };
        /**
         * RetentionRuleOut
         * @description Which of the matching tags the retention keeps. Null is no such condition.
         */
        RetentionRuleOut: {
            /**
             * Tags
             * @description shell pattern
             * @example *
             */
            tags: string;
            /**
             * Keep Last
             * @example 10
             */
            keep_last: number | null;
            /**
             * Keep Pulled Within Days
             * @example 30
             */
            keep_pulled_within_days: number | null;
            /**
             * Keep Pushed Within Days
             * @example 7
             */
            keep_pushed_within_days: number | null;
        };
        /**
         * RulesOut
         * @description The rules that apply.
         */
        RulesOut: {
            /**
             * Immutable Tags
             * @description tags that match one of these patterns cannot be moved or deleted once they exist
             * @example [
             *       "v*"
             *     ]
             */
            immutable_tags: string[];
            /**
             * Retention
             * @description A tag is deleted if at least one rule matches it, and none of the matching rules keeps it. Immutable tags are always kept.
             */
            retention: components["schemas"]["RetentionRuleOut"][];
            /**
             * Retention Enabled
             * @description whether the retention deletes tags, once a day
             * @example false
             */
            retention_enabled: boolean;
            /**
             * Source
             * @description whose rules these are. Those of a repository replace all rules of its namespace. `default`: nobody has set rules, so no tag is immutable and none is deleted
             * @example namespace
             * @enum {string}
             */
            source: "default" | "namespace" | "repository";
            /**
             * Updated At
             * @description last change, UTC; null: never set
             */
            updated_at: string | null;
        };
        /**
         * RulesPut
         * @description All rules of the namespace or repository. A field that is missing is set to its default.
         */
        RulesPut: {
            /**
             * Immutable Tags
             * @description tags that match one of these patterns cannot be moved or deleted once they exist
             * @default []
             * @example [
             *       "v*"
             *     ]
             */
            immutable_tags: string[];
            /**
             * Retention
             * @description A tag is deleted if at least one rule matches it, and none of the matching rules keeps it. Immutable tags are always kept.
             * @default []
             */
            retention: components["schemas"]["RetentionRuleIn"][];
            /**
             * Retention Enabled
             * @description whether the retention deletes tags, once a day
             * @default false
             */
            retention_enabled: boolean;
        };
        /**
         * RunCreate
         * @description How the garbage collection runs.
         */
        RunCreate: {
            /**
             * Is Dry
             * @description true changes nothing, and reports what it would do
             * @default false
             */
            is_dry: boolean;
        };
        /**
         * RunOut
         * @description A garbage collection.
         */
        RunOut: {
            /**
             * Id
             * @example 12
             */
            id: number;
            /**
             * Is Dry
             * @description if true, it changes nothing, and reports what it would do
             */
            is_dry: boolean;
            /**
             * Untagged Days
             * @description replaces GC_UNTAGGED_DAYS; null: it does not
             */
            untagged_days: number | null;
            /**
             * Grace Minutes
             * @description replaces GC_GRACE_MINUTES; null: it does not
             */
            grace_minutes: number | null;
            /**
             * Requested At
             * Format: date-time
             * @description UTC
             */
            requested_at: string;
            /**
             * Begun At
             * @description UTC; null until the catalog begins
             */
            begun_at: string | null;
            /**
             * Finished At
             * @description UTC; null until the end
             */
            finished_at: string | null;
            phase: components["schemas"]["Phase"];
            /**
             * Done
             * @description finished items of the phase
             */
            done: number;
            /**
             * Total
             * @description all items of the phase; null if unknown
             */
            total: number | null;
            /**
             * Stop Requested
             * @description if true, it ends as soon as it can
             */
            stop_requested: boolean;
            report: components["schemas"]["ReportOut"];
            /**
             * Error
             * @description why it failed; null if it succeeded or has not finished
             * @example stopped by the operator
             */
            error: string | null;
        };
        /**
         * StorageOut
         * @description The blobs in the registry's storage by state, and the runs of garbage collection.
         */
        StorageOut: {
            /** @description blobs that no garbage collection has marked; null until the first has ended */
            live: components["schemas"]["BlobsOut"] | null;
            /** @description marked blobs, which wait for their deletion */
            doomed: components["schemas"]["BlobsOut"];
            /** @description blobs that are being deleted */
            deleting: components["schemas"]["BlobsOut"];
            /**
             * Counted At
             * @description UTC; when the live blobs were counted; later pushes are not in the number
             */
            counted_at: string | null;
            /**
             * Due At
             * @description UTC; when the first doomed blobs have waited long enough; null if there are none
             */
            due_at: string | null;
            /**
             * Next Run At
             * @description UTC; null while one is running, and if none starts by itself
             */
            next_run_at: string | null;
            /** @description the one that is requested or running, or null */
            current_run: components["schemas"]["RunOut"] | null;
            /** @description the last one that has ended and was not dry */
            last_run: components["schemas"]["RunOut"] | null;
            /**
             * Holds
             * @description backups and copies of the storage, during which no blob is deleted
             */
            holds: components["schemas"]["HoldOut"][];
        };
        /**
         * TagOut
         * @description A tag with the image that it names.
         */
        TagOut: {
            /**
             * Tag
             * @example v1
             */
            tag: string;
            /**
             * Digest
             * @example sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
             */
            digest: string;
            /**
             * Media Type
             * @example application/vnd.oci.image.manifest.v1+json
             */
            media_type: string;
            /**
             * Artifact Type
             * @description type of an artifact that is not an image: a chart, a signature, …
             */
            artifact_type: string | null;
            /**
             * Size Bytes
             * @description config and compressed layers of all platforms
             * @example 3401613
             */
            size_bytes: number;
            /**
             * Platforms
             * @description empty for an artifact that is not an image
             */
            platforms: components["schemas"]["PlatformOut"][];
            /**
             * Pushed At
             * Format: date-time
             * @description UTC
             */
            pushed_at: string;
            /**
             * Pushed By
             * @description Docker user; empty if the image was copied, or if the registry never reported the push
             * @example ci-builder
             */
            pushed_by: string;
            /**
             * Pull Count
             * @example 1204
             */
            pull_count: number;
            /**
             * Last Pulled At
             * @description UTC; null: never
             */
            last_pulled_at: string | null;
            /**
             * Immutable
             * @description whether the rules of the repository forbid that the tag moves or is deleted
             */
            immutable: boolean;
        };
        /**
         * TagsToDelete
         * @description The tags to delete.
         */
        TagsToDelete: {
            /**
             * Tags
             * @example [
             *       "v1",
             *       "v2"
             *     ]
             */
            tags: string[];
            /**
             * Preview
             * @description delete nothing; return the consequences of the deletion
             * @default false
             */
            preview: boolean;
        };
        /**
         * TrashEntryOut
         * @description Something that was deleted and can be restored.
         */
        TrashEntryOut: {
            /**
             * Id
             * @example 17
             */
            id: number;
            /** @description `manifest`: an image with all its tags */
            kind: components["schemas"]["Kind"];
            /**
             * Path
             * @description the deleted object: `team`, `team/app`, `team/app:v1`, or `team/app@sha256:…`
             * @example team/app:v1
             */
            path: string;
            /**
             * Status
             * @description `deleting`: the deletion is not finished, so it cannot be restored yet
             * @enum {string}
             */
            status: "deleting" | "deleted" | "restoring";
            /**
             * Account
             * @description owner of the deleted object
             * @example acme
             */
            account: string;
            /**
             * Deleted By
             * @description account that deleted it; null: a Docker user or the operator
             * @example acme
             */
            deleted_by: string | null;
            /**
             * Docker User
             * @description Docker user that deleted it with a Docker client
             * @example ci-builder
             */
            docker_user: string | null;
            /**
             * Via
             * @description `session`, or the name of the API key
             * @example session
             */
            via: string | null;
            /**
             * Client Address
             * @example 192.0.2.7
             */
            client_address: string | null;
            /**
             * Deleted At
             * Format: date-time
             * @description UTC
             */
            deleted_at: string;
            /**
             * Expires At
             * Format: date-time
             * @description UTC; until then, it can be restored
             */
            expires_at: string;
            /**
             * Size Bytes
             * @description as the deleted object showed it before
             * @example 73400320
             */
            size_bytes: number;
            /**
             * Digest
             * @description of a tag or an image; null for a repository or a namespace
             * @example sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
             */
            digest: string | null;
            /**
             * Tags
             * @description at most 100 tags of a tag or an image
             * @example [
             *       "v1",
             *       "latest"
             *     ]
             */
            tags: string[];
            /**
             * Tag Count
             * @example 2
             */
            tag_count: number;
            /**
             * Repository Count
             * @description how many repositories of a namespace were deleted with it
             * @example 0
             */
            repository_count: number;
        };
        /**
         * FieldProblem
         * @description A field that breaks a rule.
         */
        FieldProblem: {
            /**
             * Field
             * @description Path of the field, such as `retention[0].tags`.
             * @example password
             */
            field: string;
            /**
             * Message
             * @description The rule that it breaks.
             * @example String should have at least 8 characters
             */
            message: string;
        };
        /**
         * Problem
         * @description An error response (RFC 9457). `code` is stable; `detail` is for people and can change.
         */
        Problem: {
            /**
             * Type
             * @default about:blank
             */
            type: string;
            /**
             * Title
             * @example The object does not exist, or you cannot see it; check its name
             */
            title: string;
            /**
             * Status
             * @example 404
             */
            status: number;
            /**
             * Code
             * @example not_found
             */
            code: string;
            /**
             * Detail
             * @example There is no namespace 'team'.
             */
            detail: string;
            /**
             * Errors
             * @description On a validation error: the first 20 invalid fields. `detail` says how many more there are.
             * @default null
             */
            errors: components["schemas"]["FieldProblem"][] | null;
            /**
             * Available At
             * @description On `name_reserved`: when the name becomes available (UTC).
             * @default null
             */
            available_at: string | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    get_own_account: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OwnAccountOut"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_own_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnPasswordChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description API keys cannot do this; sign in with a password (`session_required`); The current password is wrong; enter it again (`wrong_password`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many wrong passwords; try again later (`password_throttled`) */
            429: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many passwords are waiting to be hashed; try again in a moment (`hashing_busy`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_accounts: {
        parameters: {
            query?: {
                /** @description Return only items that contain this text, in any case. */
                q?: string | null;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_AccountOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_account: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    /** @description Path of the new object. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`); API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The username is taken; choose another one (`account_taken`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many passwords are waiting to be hashed; try again in a moment (`hashing_busy`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`); API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The last administrator cannot be disabled or made a member; make another account an administrator first (`last_administrator`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many passwords are waiting to be hashed; try again in a moment (`hashing_busy`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_docker_users: {
        parameters: {
            query?: {
                /** @description Return only items that contain this text, in any case. */
                q?: string | null;
                account?: string | null;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_DockerUserOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_docker_user: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DockerUserCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    /** @description Path of the new object. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DockerUserOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The username is taken; choose another one (`docker_user_taken`); The name is reserved after a deletion; wait until `available_at`, or choose another one (`name_reserved`); The limit of objects is reached; delete one, or ask the administrator to raise it (`limit_reached`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many passwords are waiting to be hashed; try again in a moment (`hashing_busy`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_docker_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DockerUserOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_docker_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_docker_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DockerUserChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DockerUserOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_docker_user_password: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description API keys cannot do this; sign in with a password (`session_required`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Too many passwords are waiting to be hashed; try again in a moment (`hashing_busy`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_namespaces: {
        parameters: {
            query?: {
                /** @description Return only items that contain this text, in any case. */
                q?: string | null;
                account?: string | null;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_NamespaceOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_namespace: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NamespaceCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    /** @description Path of the new object. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NamespaceDetailOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The namespace name is taken; choose another one (`namespace_taken`); The name is reserved after a deletion; wait until `available_at`, or choose another one (`name_reserved`); The limit of objects is reached; delete one, or ask the administrator to raise it (`limit_reached`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_namespace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NamespaceDetailOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_namespace: {
        parameters: {
            query?: {
                cascade?: boolean;
                /** @description also delete immutable tags; without it, one of them refuses the deletion */
                force?: boolean;
            };
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The repositories are being deleted, and the namespace disappears with the last one. When all is gone, a GET returns 404. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The namespace has repositories; delete them first, or add `?cascade=true` (`namespace_not_empty`); The tag is immutable; change the rules first, or leave the tag as it is (`tag_immutable`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_namespace: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NamespaceChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NamespaceDetailOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_namespace_grants: {
        parameters: {
            query?: {
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_GrantOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_grant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                docker_user: string;
                namespace: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GrantPut"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantOut"];
                };
            };
            /** @description The grant is new. */
            201: {
                headers: {
                    /** @description Path of the new object. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_grant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                docker_user: string;
                namespace: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_docker_user_grants: {
        parameters: {
            query?: {
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                username: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_DockerUserGrantOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_docker_user_grant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                username: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GrantChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DockerUserGrantOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_namespace_rules_preview: {
        parameters: {
            query?: {
                /** @description Only the tags that are deleted, or only those that are kept. */
                decision?: ("delete" | "keep") | null;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreviewOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The namespace has too many tags for one preview; preview its repositories one by one (`too_many_tags`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_namespace_rules_preview: {
        parameters: {
            query?: {
                /** @description Only the tags that are deleted, or only those that are kept. */
                decision?: ("delete" | "keep") | null;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RulesPut"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreviewOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The namespace has too many tags for one preview; preview its repositories one by one (`too_many_tags`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_repository_rules_preview: {
        parameters: {
            query?: {
                /** @description Only the tags that are deleted, or only those that are kept. */
                decision?: ("delete" | "keep") | null;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreviewOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_repository_rules_preview: {
        parameters: {
            query?: {
                /** @description Only the tags that are deleted, or only those that are kept. */
                decision?: ("delete" | "keep") | null;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RulesPut"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PreviewOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_namespace_rules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_namespace_rules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RulesPut"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another change of the same image is not finished; try again in a moment (`change_in_progress`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_repository_rules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_repository_rules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RulesPut"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RulesOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another change of the same image is not finished; try again in a moment (`change_in_progress`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_repository_rules: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another change of the same image is not finished; try again in a moment (`change_in_progress`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_repositories: {
        parameters: {
            query?: {
                view?: "own" | "shared" | "public";
                namespace?: string | null;
                /** @description Return only items that contain this text, in any case. */
                q?: string | null;
                sort?: "name" | "-name" | "pull_count" | "-pull_count" | "last_pushed_at" | "-last_pushed_at" | "created_at" | "-created_at";
                account?: string | null;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_RepositoryOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_repository: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RepositoryCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    /** @description Path of the new object. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RepositoryDetailOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The repository name is taken; choose another one (`repository_taken`); The namespace is being deleted; use another namespace (`namespace_deleting`); The name is reserved after a deletion; wait until `available_at`, or choose another one (`name_reserved`); The limit of objects is reached; delete one, or ask the administrator to raise it (`limit_reached`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_repository: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RepositoryDetailOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_repository: {
        parameters: {
            query?: {
                /** @description also delete immutable tags; without it, one of them refuses the deletion */
                force?: boolean;
            };
            header?: never;
            path: {
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RepositoryOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The tag is immutable; change the rules first, or leave the tag as it is (`tag_immutable`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_repository: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RepositoryChange"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RepositoryDetailOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_image_by_digest: {
        parameters: {
            query?: {
                /** @description `delete`: return the consequences of deleting the image instead; for the owner of the repository */
                preview?: "delete" | null;
            };
            header?: never;
            path: {
                digest: string;
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageOut"] | components["schemas"]["DeletionPreviewOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_image_by_digest: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                digest: string;
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description A multi-platform image contains this image; delete that image first (`needed_by_index`); The tag is immutable; change the rules first, or leave the tag as it is (`tag_immutable`); The repository is being deleted with all its images; you need not delete them yourself (`repository_deleting`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another change of the same image is not finished; try again in a moment (`change_in_progress`); The registry does not respond; try again later (`registry_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_image_by_tag: {
        parameters: {
            query?: {
                /** @description `delete`: return the consequences of deleting the image instead; for the owner of the repository */
                preview?: "delete" | null;
            };
            header?: never;
            path: {
                tag: string;
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageOut"] | components["schemas"]["DeletionPreviewOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_image_by_tag: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tag: string;
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The tag is immutable; change the rules first, or leave the tag as it is (`tag_immutable`); The repository is being deleted with all its images; you need not delete them yourself (`repository_deleting`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another change of the same image is not finished; try again in a moment (`change_in_progress`); The registry does not respond; try again later (`registry_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_tags: {
        parameters: {
            query?: {
                /** @description Return only items that contain this text, in any case. */
                q?: string | null;
                sort?: "name" | "-name" | "pushed_at" | "-pushed_at" | "pull_count" | "-pull_count" | "last_pulled_at" | "-last_pulled_at" | "size_bytes" | "-size_bytes";
                /** @description also list the tags that belong to other images, such as `sha256-….sig` */
                artifacts?: boolean;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path: {
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_TagOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_images: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                namespace: string;
                repository: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TagsToDelete"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkDeletionOut"] | components["schemas"]["BulkPreviewOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The repository is being deleted with all its images; you need not delete them yourself (`repository_deleting`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    copy_image: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                repository: string;
                namespace: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CopyIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    /** @description Path of the new object. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ImageOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The tag is immutable; change the rules first, or leave the tag as it is (`tag_immutable`); The image cannot be copied; `detail` says why (`copy_refused`); The storage quota is used up; empty the trash, delete images, or ask an administrator (`quota_exceeded`); The repository is being deleted with all its images; you need not delete them yourself (`repository_deleting`); The name is reserved after a deletion; wait until `available_at`, or choose another one (`name_reserved`); The limit of objects is reached; delete one, or ask the administrator to raise it (`limit_reached`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another change of the same image is not finished; try again in a moment (`change_in_progress`); The copy takes longer than a request may; send it again, and it goes on (`copy_unfinished`); The registry does not respond; try again later (`registry_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_trash: {
        parameters: {
            query?: {
                kind?: components["schemas"]["Kind"] | null;
                /** @description Return only items that contain this text, in any case. */
                q?: string | null;
                account?: string | null;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_TrashEntryOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    restore_from_trash: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RestoreIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RestoredOut"];
                };
            };
            /** @description The restore takes longer, and goes on after the response. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RestoredOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The name was taken after the deletion; choose another tag, or delete what has the name (`name_taken`); The repository or namespace does not exist; restore or create it first (`parent_missing`); A part of the image was deleted separately; restore it first (`content_missing`); The deletion or another restore of it is not finished; try again in a moment (`trash_busy`); The limit of objects is reached; delete one, or ask the administrator to raise it (`limit_reached`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another change of the same image is not finished; try again in a moment (`change_in_progress`); The registry does not respond; try again later (`registry_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_from_trash: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The deletion or another restore of it is not finished; try again in a moment (`trash_busy`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                action?: string | null;
                target?: string | null;
                /** @description An RFC 3339 time with a zone. Entries at this time or later are listed. */
                from?: string | null;
                /** @description An RFC 3339 time with a zone. Entries before it are listed. */
                to?: string | null;
                account?: string | null;
                /** @description Maximum number of items on the page. */
                limit?: number;
                /** @description The `next_cursor` of the previous page. */
                cursor?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    /** @description The next page, as `<…>; rel="next"` (RFC 8288). Absent on the last page. */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PageOut_AuditEntryOut_"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_storage: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StorageOut"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_garbage_collection: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RunCreate"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    /** @description Path of the new object. */
                    Location: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`); This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Another garbage collection is running; wait until it ends, or stop it (`gc_in_progress`) */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The request body is too large; send a smaller one (`content_too_large`) */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_garbage_collection: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunOut"];
                };
            };
            /** @description The request is malformed; correct it and send it again (`bad_request`) */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The address is longer than 8 KiB (outside the JSON API, 64 KiB); shorten it (`uri_too_long`) */
            414: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Some fields are invalid; correct the fields that `errors` lists (`validation_error`) */
            422: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    delete_current_garbage_collection: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RunOut"];
                };
            };
            /** @description The credentials are missing or invalid; sign in, or send a valid API key (`unauthenticated`) */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description You do not have permission to do this; ask the owner or an administrator (`forbidden`); This API key can only read; use a key that can write (`read_only_key`) */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The object does not exist, or you cannot see it; check its name (`not_found`) */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description The database is unreachable; try again later (`database_unavailable`) */
            503: {
                headers: {
                    /** @description Seconds to wait before the next attempt. */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}

//! Every case in every world.

/// One test for each case in each world; the world is empty and the case's own.
macro_rules! run_everywhere {
    ($($module:ident::$case:ident),* $(,)?) => {
        mod memory_fenced {
            use organization_operator::domain::observed::Capability::Fenced;
            $(#[tokio::test]
            async fn $case() -> anyhow::Result<()> {
                crate::$module::$case(&crate::world::memory(Fenced)).await
            })*
        }

        mod memory_unfenced {
            use organization_operator::domain::observed::Capability::Unfenced;
            $(#[tokio::test]
            async fn $case() -> anyhow::Result<()> {
                crate::$module::$case(&crate::world::memory(Unfenced)).await
            })*
        }

        mod mongo {
            $(#[tokio::test]
            async fn $case() -> anyhow::Result<()> {
                let opened = crate::mongo_world::open().await?;
                let outcome = crate::$module::$case(&opened.world).await;
                opened.close().await?;
                outcome
            })*
        }

        mod mongo_fenced {
            $(#[tokio::test]
            async fn $case() -> anyhow::Result<()> {
                let opened = crate::mongo_world::open_fenced().await?;
                let outcome = crate::$module::$case(&opened.world).await;
                opened.close().await?;
                outcome
            })*
        }
    };
}

run_everywhere![
    tenants::an_empty_database_has_no_tenants,
    tenants::a_record_comes_back_as_it_was_inserted,
    tenants::the_own_tenant_is_told_from_those_that_hold_the_name,
    tenants::whoever_has_the_address_is_told_though_there_are_no_records,
    tenants::a_tenant_of_the_older_service_reads_as_active_and_unclaimed,
    tenants::what_is_damaged_is_unreadable_and_names_the_field,
    tenants::a_document_without_an_object_id_is_an_error_without_values,
    tenants::the_holder_of_a_collection_is_found_by_its_uuid,
    records::each_unique_key_of_a_record_is_kept_and_named,
    records::records_without_claims_are_not_in_each_others_way,
    records::an_update_needs_the_revision_that_was_read,
    records::an_update_of_what_was_never_ours_needs_that_it_still_is_not,
    records::an_update_leaves_other_fields_alone_and_unsets_what_is_gone,
    records::an_update_that_would_take_anothers_key_changes_nothing,
    records::a_deletion_needs_the_revision_that_was_read,
    archives::the_server_writes_since_when_one_is_kept,
    archives::one_is_found_by_its_id_alone,
    archives::one_is_purged_only_when_its_time_is_over_by_the_servers_clock,
    archives::an_admin_who_is_put_back_counts_on,
    admins::each_unique_key_of_an_admin_is_kept_and_named,
    admins::an_admins_update_needs_the_revision_that_was_read,
    admins::an_admins_update_to_anothers_address_changes_nothing,
    admins::admins_are_deleted_by_their_link_or_by_name_without_one,
    collections::only_what_was_asked_for_is_found,
    collections::creation_is_exclusive_but_for_the_same_marker,
    collections::a_collection_is_located_by_its_uuid,
    collections::a_move_takes_the_documents_along,
    collections::a_move_never_lands_on_another_collection,
    collections::a_move_is_of_that_very_collection_or_none,
    collections::only_private_names_are_dropped,
    collections::a_drop_is_of_that_very_collection_or_none,
    collections::emptiness_is_of_that_very_collection,
    merging::every_document_arrives_and_none_is_overwritten,
    merging::the_same_document_is_no_clash_and_a_different_one_is,
    merging::many_documents_arrive_in_batches,
    merging::nothing_is_merged_into_another_collection,
    merging::a_stray_that_is_gone_merges_nothing,
    refresh::a_token_comes_back_as_it_was_inserted,
    refresh::a_token_is_kept_as_its_owner_would_look_for_it,
    refresh::a_token_is_used_once,
    refresh::of_many_uses_at_a_time_one_succeeds,
    refresh::a_family_is_deleted_whole_and_alone,
    refresh::a_damaged_token_is_an_error_that_names_the_field,
    refresh::each_call_costs_one_command,
    refresh::the_indexes_are_made_once_and_stand_in_nobodys_way,
    logins::a_login_comes_with_the_tenant_that_its_admin_links_to,
    logins::an_older_login_comes_with_the_tenant_of_that_name,
    logins::a_login_without_a_tenant_or_with_anothers_serves_nobody,
    logins::each_look_costs_one_command_whoever_is_known,
    indexes::making_them_again_changes_nothing,
    indexes::documents_that_stand_against_one_are_named,
    indexes::a_refused_index_does_not_keep_the_others_away,
    indexes::each_call_costs_the_commands_that_were_promised,
    inventory::every_record_is_told_with_its_admin_and_found_by_what_it_holds,
    inventory::every_collection_is_told_but_those_of_the_operators_own,
    inventory::damage_is_told_by_its_field_and_keeps_nothing_else_away,
];

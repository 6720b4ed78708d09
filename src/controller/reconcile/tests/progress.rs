//! What a pass that takes long says meanwhile.

use super::*;

#[tokio::test]
async fn what_a_long_pass_said_meanwhile_gives_way_to_what_it_says_in_the_end() {
    let cluster = Arc::new(cluster_with_acme());
    let indexes = IndexGate::default();
    indexes.open();
    let context = context(Arc::clone(&cluster) as _, indexes);
    for _ in 0..3 {
        Box::pin(reconcile(acme(&cluster), Arc::clone(&context))).await;
    }
    let reason = || {
        let status = cluster.object("team", "acme").unwrap().status.unwrap();
        status.conditions[0].reason.clone()
    };
    assert_eq!(reason(), "Succeeded");

    let object = acme(&cluster);
    let key = key_of(&object);
    // Work that ends as soon as it is told that it takes long.
    let work = async {
        let mut looks = tokio::time::interval(Duration::from_millis(10));
        while reason() != "Progressing" {
            looks.tick().await;
        }
    };
    let progress = Reason::Progressing;
    let ((), version) = tell_if_long(work, &object, &progress, &key, &context).await;
    assert!(version.is_some());
    let succeeded = |meanwhile| Report {
        object: &object,
        key: &key,
        seen: None,
        writes: &[],
        reason: &Reason::Succeeded,
        change: None,
        meanwhile,
    };
    let told = report(succeeded(version.as_deref()), &context);
    assert!(matches!(told.await.unwrap(), Told::Said(Some(_))));
    assert_eq!(reason(), "Succeeded");

    // Somebody writes, and whoever slept since he read says nothing any more.
    cluster.annotate("team", "acme", "by", "a person");
    let told = report(succeeded(version.as_deref()), &context);
    assert_eq!(told.await.unwrap(), Told::Outrun);
}

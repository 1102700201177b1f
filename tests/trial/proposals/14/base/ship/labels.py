"""Labels for parcels."""


def make(client, parcel):
    label = client.call("POST", "/labels", {
        "to": parcel["address"], "grams": parcel["grams"]})
    return label["id"]


def cancel(client, label):
    client.call("DELETE", "/labels/" + label)

"""Sentences with their translations, for the translation requests."""

SYSTEM = (
    "Translate the user's text into {language}. Keep names, numbers and placeholders. Answer with the translation "
    "only.",
    "You are a translator for product texts. Target language: {language}. Formal address. No notes.",
)

LANGUAGES = ("German", "French", "Spanish", "Portuguese", "Polish", "Japanese")

# English, then in the order of LANGUAGES.
SENTENCES: tuple[tuple[str, ...], ...] = (
    (
        "Your order $order has been shipped.",
        "Ihre Bestellung $order wurde versandt.",
        "Votre commande $order a été expédiée.",
        "Su pedido $order ha sido enviado.",
        "A sua encomenda $order foi enviada.",
        "Państwa zamówienie $order zostało wysłane.",
        "ご注文 $order を発送いたしました。",
    ),
    (
        "Delivery takes $few working days.",
        "Die Lieferung dauert $few Werktage.",
        "La livraison prend $few jours ouvrés.",
        "La entrega tarda $few días laborables.",
        "A entrega demora $few dias úteis.",
        "Dostawa trwa $few dni roboczych.",
        "お届けまで $few 営業日かかります。",
    ),
    (
        "Please keep the original packaging.",
        "Bitte bewahren Sie die Originalverpackung auf.",
        "Veuillez conserver l'emballage d'origine.",
        "Conserve el embalaje original, por favor.",
        "Por favor, guarde a embalagem original.",
        "Prosimy zachować oryginalne opakowanie.",
        "元の梱包材は保管してください。",
    ),
    (
        "You can return the item within $dozens days.",
        "Sie können den Artikel innerhalb von $dozens Tagen zurückgeben.",
        "Vous pouvez retourner l'article sous $dozens jours.",
        "Puede devolver el artículo en un plazo de $dozens días.",
        "Pode devolver o artigo no prazo de $dozens dias.",
        "Mogą Państwo zwrócić artykuł w ciągu $dozens dni.",
        "商品は $dozens 日以内に返品できます。",
    ),
    (
        "The invoice $invoice is attached.",
        "Die Rechnung $invoice ist beigefügt.",
        "La facture $invoice est jointe.",
        "Se adjunta la factura $invoice.",
        "Segue em anexo a fatura $invoice.",
        "W załączeniu przesyłamy fakturę $invoice.",
        "請求書 $invoice を添付いたします。",
    ),
    (
        "Do not use the device near water.",
        "Verwenden Sie das Gerät nicht in der Nähe von Wasser.",
        "N'utilisez pas l'appareil à proximité de l'eau.",
        "No utilice el aparato cerca del agua.",
        "Não utilize o aparelho perto de água.",
        "Nie należy używać urządzenia w pobliżu wody.",
        "水の近くで本機を使用しないでください。",
    ),
    (
        "Your password has been changed.",
        "Ihr Passwort wurde geändert.",
        "Votre mot de passe a été modifié.",
        "Su contraseña ha sido modificada.",
        "A sua palavra-passe foi alterada.",
        "Państwa hasło zostało zmienione.",
        "パスワードが変更されました。",
    ),
    (
        "We are closed on the $teens.",
        "Am $teens. haben wir geschlossen.",
        "Nous sommes fermés le $teens.",
        "Cerramos el día $teens.",
        "Estamos fechados no dia $teens.",
        "Dnia $teens mamy nieczynne.",
        "$teens 日は休業いたします。",
    ),
    (
        "Charge the battery fully before the first use.",
        "Laden Sie den Akku vor dem ersten Gebrauch vollständig auf.",
        "Chargez complètement la batterie avant la première utilisation.",
        "Cargue la batería por completo antes del primer uso.",
        "Carregue totalmente a bateria antes da primeira utilização.",
        "Przed pierwszym użyciem należy całkowicie naładować akumulator.",
        "初めてお使いになる前に、バッテリーを完全に充電してください。",
    ),
    (
        "Thank you for your patience.",
        "Vielen Dank für Ihre Geduld.",
        "Merci de votre patience.",
        "Gracias por su paciencia.",
        "Obrigado pela sua paciência.",
        "Dziękujemy za cierpliwość.",
        "お待ちいただきありがとうございます。",
    ),
)
